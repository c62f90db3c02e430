import { expect, test } from 'vitest'
import { Acknowledgement } from './delivery.ts'
import { PendingAcknowledgements } from './pending-acknowledgements.ts'

const { accept, release } = Acknowledgement

test('neighbours go together, in order, with one type where it is the same', () => {
  const pending = new PendingAcknowledgements()
  const at = (partition: number, offset: number) => ({ topicId: 'a', partition, offset })
  for (const offset of [7, 3, 1, 2]) pending.add(at(0, offset), accept)
  pending.add(at(0, 4), release)
  pending.add(at(1, 9), release)
  pending.add(at(1, 10), release)
  expect(pending.take()).toEqual([
    {
      ...{ topicId: 'a', partition: 0 },
      batches: [
        { firstOffset: 1, lastOffset: 4, acknowledgeTypes: [accept, accept, accept, release] },
        { firstOffset: 7, lastOffset: 7, acknowledgeTypes: [accept] },
      ],
    },
    { topicId: 'a', partition: 1, batches: [{ firstOffset: 9, lastOffset: 10, acknowledgeTypes: [release] }] },
  ])
  expect(pending.isEmpty).toBe(true)
  expect(pending.take()).toEqual([])
})
