import { expect, test } from 'vitest'
import { encodeEndMarker, readEndMarker } from './control-batch.ts'
import {
  batchAttributes,
  batchProducerEpoch,
  batchProducerId,
  isBatchIntact,
  isControl,
  isTransactional,
} from './record-batch.ts'

test('a marker is a whole transactional control batch of one record that says how the transaction ended', () => {
  const marker = { producerId: 2 ** 40, epoch: 7, commit: true, coordinatorEpoch: 3 }
  const batch = encodeEndMarker(marker, 1000)
  expect(isBatchIntact(batch)).toBe(true)
  expect(isControl(batchAttributes(batch)) && isTransactional(batchAttributes(batch))).toBe(true)
  expect([batchProducerId(batch), batchProducerEpoch(batch)]).toEqual([2 ** 40, 7])
  expect(readEndMarker(Buffer.concat([Buffer.alloc(5), batch]), 5)).toEqual({ commit: true, coordinatorEpoch: 3 })
})

test('the record is byte for byte what Kafka writes', () => {
  const record = encodeEndMarker({ producerId: 1, epoch: 0, commit: false, coordinatorEpoch: 9 }, 0).subarray(61)
  expect(record.toString('hex')).toBe('2000000008000000000c00000000000900')
})
