import { expect, test } from 'vitest'
import { PartitionProgress } from './partition-progress.ts'

test('a partition is done up to the first record that is not, whatever is done behind it', () => {
  const progress = new PartitionProgress(7)
  expect(progress.done).toBe(7)
  const [first, second, third] = [progress.begin(7), progress.begin(9), progress.begin(10)]
  expect([progress.next, progress.done]).toEqual([11, 7])
  second()
  expect(progress.done).toBe(7)
  first()
  expect(progress.done).toBe(10)
  third()
  expect(progress.done).toBe(11)
})
