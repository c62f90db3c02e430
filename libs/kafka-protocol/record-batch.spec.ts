import { describe, expect, it } from 'vitest'
import { visitRecords } from './batch-records.ts'
import { crc32c } from './crc32c.ts'
import {
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchLeaderEpoch,
  batchMaxTimestamp,
  batchProducerId,
  batchSize,
  isBatchIntact,
  stampBatch,
  stampLogAppendTime,
  usesLogAppendTime,
} from './record-batch.ts'

/**
 * One batch of two records, key k1 and no key, values v1 and v2, timestamps 1700000000000 and 1700000000005, as kafkajs 2.2.4
 * encodes it.
 */
const fromKafkajs = Buffer.from(
  '0000000000000000000000450000000002bdf15f450000000000010000018bcfe568000000018bcfe56805ffffffffffffffffffffffffffff0000000214000000046b310476310010000a020104763200',
  'hex',
)
const copy = () => Buffer.from(fromKafkajs)

describe('crc32c', () => {
  it('is the Castagnoli CRC', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.from('6789'), crc32c(Buffer.from('12345')))).toBe(0xe3069283)
  })
})

describe('a batch from a real client', () => {
  it('is understood', () => {
    expect(isBatchIntact(fromKafkajs)).toBe(true)
    expect(batchSize(fromKafkajs)).toBe(fromKafkajs.length)
    expect([batchBaseOffset(fromKafkajs), batchLastOffset(fromKafkajs)]).toEqual([0, 1])
    expect(batchMaxTimestamp(fromKafkajs)).toBe(1_700_000_000_005)
    expect(batchProducerId(fromKafkajs)).toBe(-1)
    const seen: unknown[] = []
    expect(visitRecords(fromKafkajs, (record) => seen.push(record))).toBe(true)
    expect(seen).toEqual([
      { offsetDelta: 0, timestamp: 1_700_000_000_000, keyIsNull: false },
      { offsetDelta: 1, timestamp: 1_700_000_000_005, keyIsNull: true },
    ])
  })

  it('keeps its CRC when it is placed in the log, beyond 32 bits too', () => {
    const batch = copy()
    stampBatch(batch, 2 ** 40 + 7, 3)
    expect([batchBaseOffset(batch), batchLastOffset(batch), batchLeaderEpoch(batch)]).toEqual([
      2 ** 40 + 7,
      2 ** 40 + 8,
      3,
    ])
    expect(isBatchIntact(batch)).toBe(true)
  })

  it('gets a new CRC with the append time', () => {
    const batch = copy()
    stampLogAppendTime(batch, 1_800_000_000_000)
    expect([usesLogAppendTime(batchAttributes(batch)), batchMaxTimestamp(batch)]).toEqual([true, 1_800_000_000_000])
    expect(isBatchIntact(batch)).toBe(true)
  })

  it('is not intact with any bit after the epoch altered, nor cut anywhere', () => {
    for (let at = 16; at < fromKafkajs.length; at++) {
      const batch = copy()
      batch[at]! ^= 1 << (at % 8)
      expect(isBatchIntact(batch)).toBe(false)
      expect(isBatchIntact(fromKafkajs.subarray(0, at))).toBe(false)
    }
  })

  it('is refused by the record walk when counts or lengths do not add up', () => {
    for (const count of [1, 3]) {
      const batch = copy()
      batch.writeInt32BE(count, 57)
      expect(visitRecords(batch, () => {})).toBe(false)
    }
    for (let at = 61; at < fromKafkajs.length; at++) {
      const batch = copy()
      batch[at] = 0xff
      expect(() => visitRecords(batch, () => {})).not.toThrow()
    }
  })
})
