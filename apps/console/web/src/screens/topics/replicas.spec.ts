import { expect, test } from 'vitest'
import { lacking, outOfSync } from './replicas.ts'

const partition = (n: number, replicas: number[], inSync: number[]) => ({
  ...{ partition: n, leader: inSync[0] ?? -1, replicas, inSync, earliest: 0, latest: 0 },
})

test('a node that was killed is out of sync wherever it has a copy', () => {
  expect(outOfSync(partition(0, [3, 2, 1], [1, 3]))).toEqual([2])
  expect(lacking([partition(0, [1, 2], [1]), partition(1, [2, 3], [3]), partition(2, [3, 1], [3, 1])])).toEqual(
    new Map([[2, 2]]),
  )
  expect(lacking([partition(0, [1], [1])])).toEqual(new Map())
})
