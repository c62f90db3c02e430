import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchReader } from './batch-reader.ts'
import { visitRecords } from './batch-records.ts'
import { readRecords } from './batch-rewrite.ts'
import { BatchWriter, type TextRecord } from './batch-writer.ts'
import { plainBatch } from './plain-batch.ts'
import { MalformedError } from './reader.ts'
import {
  BATCH_OVERHEAD,
  batchAttributes,
  batchBaseSequence,
  batchBaseTimestamp,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchSize,
  Compression,
  compressionOf,
  isBatchIntact,
} from './record-batch.ts'

const require = createRequire(import.meta.url)
const KafkajsDecoder = require('kafkajs/src/protocol/decoder')
const decodeWithKafkajs = require('kafkajs/src/protocol/recordBatch/v0/decoder')

const stamp = { timestamp: 1_700_000_000_000, producerId: 2 ** 40 + 7, producerEpoch: 3, baseSequence: 11 }
const LIMIT = 1_000_000

const write = (records: readonly TextRecord[], writer = new BatchWriter()): Buffer =>
  writer.write(records, 0, LIMIT, stamp).bytes

/** What kafkajs makes of a batch. */
const seenByKafkajs = async (batch: Buffer): Promise<TextRecord[]> => {
  const { records } = await decodeWithKafkajs(new KafkajsDecoder(batch))
  return records.map(
    ({ key, value, headers }: Record<'key' | 'value', Buffer | null> & { headers: Record<string, Buffer> }) => ({
      key: key === null ? null : String(key),
      value: value === null ? null : String(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, String(bytes)])),
    }),
  )
}

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
  // Around the lengths at which a varint needs one byte more, in units and in bytes.
  fc.constantFrom(0, 21, 22, 31, 32, 63, 64, 65, 2730, 2731, 8191, 8192).map((length) => 'x'.repeat(length)),
  fc.constantFrom(21, 22, 31, 32, 63, 64, 2730, 2731, 4095, 4096).map((length) => '€'.repeat(length)),
)
/** kafkajs mistakes a header named like what every object has. */
const name = fc.string({ minLength: 1, maxLength: 30 }).filter((name) => !(name in {}))
const record: fc.Arbitrary<TextRecord> = fc.record({
  key: fc.option(text),
  value: fc.option(text),
  headers: fc.dictionary(name, text, { maxKeys: 12, noNullPrototype: true }),
})
const records = fc.array(record, { minLength: 1, maxLength: 8 })

describe('a batch', () => {
  test('is what other decoders read, whatever the texts', async () => {
    const writer = new BatchWriter()
    await fc.assert(
      fc.asyncProperty(records, async (given) => {
        writer.clear()
        const batch = write(given, writer)
        expect(isBatchIntact(batch)).toBe(true)
        expect(batchSize(batch)).toBe(batch.length)
        expect(visitRecords(batch, () => {})).toBe(true)
        const read = readRecords(batch)
        expect(read.map(({ key }) => key?.toString() ?? null)).toEqual(given.map(({ key }) => key))
        expect(read.map(({ offsetDelta }) => offsetDelta)).toEqual(given.map((_, i) => i))
        expect(await seenByKafkajs(batch)).toEqual(given)
      }),
    )
  })

  test('says who sent it and when', () => {
    const batch = write([
      { key: 'a', value: '1', headers: {} },
      { key: null, value: null, headers: { é: '' } },
    ])
    expect(batchProducerId(batch)).toBe(stamp.producerId)
    expect(batchProducerEpoch(batch)).toBe(stamp.producerEpoch)
    expect(batchBaseSequence(batch)).toBe(stamp.baseSequence)
    expect(batchBaseTimestamp(batch)).toBe(stamp.timestamp)
    expect(batchMaxTimestamp(batch)).toBe(stamp.timestamp)
    expect(batchLastOffsetDelta(batch)).toBe(1)
    expect(readRecords(batch).map(({ timestamp }) => timestamp)).toEqual([stamp.timestamp, stamp.timestamp])
  })

  test('half a surrogate pair becomes what UTF-8 has for it', async () => {
    const [read] = await seenByKafkajs(write([{ key: 'a\ud800b', value: `${'x'.repeat(70)}\udfff`, headers: {} }]))
    expect(read).toMatchObject({ key: 'a\ufffdb', value: `${'x'.repeat(70)}\ufffd` })
  })
})

describe.each(Object.entries(Compression).filter(([name]) => name !== 'none'))(
  'compressed by %s, a batch',
  (_, codec) => {
    const several: TextRecord[] = Array.from({ length: 9 }, (_, i) => ({
      key: `customer-${i}`,
      value: JSON.stringify({ orderId: i, text: 'words '.repeat(40) }),
      headers: { ce_id: `${i}`, ce_source: '/waybill/order' },
    }))

    test('is smaller and says the same, whoever reads it', () => {
      const writer = new BatchWriter(codec)
      const batches = [several, several].map((records) => Buffer.from(write(records, writer)))
      for (const batch of batches) {
        expect(isBatchIntact(batch)).toBe(true)
        expect(compressionOf(batchAttributes(batch))).toBe(codec)
        expect(batchSize(batch)).toBe(batch.length)
        expect(batch.length).toBeLessThan(write(several).length / 2)
        expect(batchProducerId(batch)).toBe(stamp.producerId)
        expect(readRecords(batch)).toEqual(readRecords(write(several)))
        const read = new BatchReader().read(plainBatch(batch, 0, LIMIT), 0)
        expect(read.map(({ headers }) => headers)).toEqual(several.map(({ headers }) => headers))
      }
    })

    test('of one record, or one that would grow, stays as it is', () => {
      const noise = ['1', '2'].map((key) => ({ key, value: null, headers: {} }))
      for (const records of [several.slice(0, 1), noise]) {
        expect(write(records, new BatchWriter(codec))).toEqual(write(records))
      }
    })

    test('is refused when there is more in it than the limit', () => {
      const batch = write(several, new BatchWriter(codec))
      const bytes = write(several).length - BATCH_OVERHEAD
      expect(plainBatch(batch, 0, bytes)).toHaveLength(BATCH_OVERHEAD + bytes)
      expect(() => plainBatch(batch, 0, bytes - 1)).toThrow(MalformedError)
    })
  },
)

describe('a writer', () => {
  const of = (bytes: number): TextRecord => ({ key: 'k', value: 'x'.repeat(bytes), headers: {} })

  test('ends a batch before the record that has no room, but never before the first', () => {
    const writer = new BatchWriter()
    const given = [of(600), of(600), of(5_000), of(10)]
    const batches: Buffer[] = []
    for (let first = 0; first < given.length; ) {
      const { bytes, count } = writer.write(given, first, 1_000, stamp)
      batches.push(bytes)
      first += count
    }
    expect(batches.map((batch) => readRecords(batch).length)).toEqual([1, 1, 1, 1])
    expect(writer.write(given, 0, 2_000, stamp).count).toBe(2)
  })

  test('keeps every batch as it is while its memory grows', () => {
    const writer = new BatchWriter()
    const batches = Array.from({ length: 200 }, (_, i) => write([of(i * 100)], writer))
    expect(batches.every((batch) => isBatchIntact(batch))).toBe(true)
    expect(batches.map((batch) => readRecords(batch)[0]!.rest.length)).toEqual(
      Array.from({ length: 200 }, (_, i) => readRecords(write([of(i * 100)]))[0]!.rest.length),
    )
  })

  test('uses its memory again, and none of a large batch is left in it', () => {
    const writer = new BatchWriter()
    const memory = write([of(10)], writer).buffer
    writer.clear()
    expect(write([of(10)], writer).buffer).toBe(memory)
    const large = write([of(2_000_000)], writer).buffer
    writer.clear()
    expect(write([of(10)], writer).buffer.byteLength).toBeLessThan(large.byteLength)
  })
})
