import { createRequire } from 'node:module'
import fc from 'fast-check'
import type { KafkaMessage } from 'kafkajs'
import { describe, expect, test, vi } from 'vitest'
import { BATCH_OVERHEAD, BatchWriter, Compression, fetch, MalformedError, Writer } from '#libs/kafka-protocol'
import { configureLogging } from '#libs/observability'
import {
  decodeWithOurs,
  type FetchResponse,
  MAX_DECOMPRESSED_BYTES,
  recordsIn,
  unreadableBatch,
} from './fetch-decoder.ts'

configureLogging({ level: 'silent', format: 'pretty' })

const require = createRequire(import.meta.url)
const kafkajs: FetchResponse = require('kafkajs/src/protocol/requests/fetch/v11/response')
const Encoder = require('kafkajs/src/protocol/encoder')
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0')

type Headers = Readonly<Record<string, Buffer | Buffer[]>>
interface Sent {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  readonly timestampDelta: number
}

/** A batch as kafkajs encodes it. */
const batchOf = async (records: readonly Sent[], { compression = 0, transactional = false } = {}): Promise<Buffer> => {
  const { buffer } = await RecordBatch({
    ...{ compression, transactional, firstTimestamp: 1_700_000_000_000, maxTimestamp: 1_700_000_000_000 },
    ...{ producerId: 7, producerEpoch: 1, firstSequence: 3, lastOffsetDelta: records.length - 1 },
    records: records.map((record, offsetDelta) => Record({ ...record, offsetDelta })),
  })
  const bytes: Buffer = new Encoder().writeBuffer(buffer).buffer
  bytes.writeBigInt64BE(9_000_000_000n, 0)
  return bytes
}

const answerWith = (...records: (Buffer | null)[]): Buffer => {
  const writer = new Writer()
  const partitions = records.map((batches, partitionIndex) => ({
    ...{ partitionIndex, errorCode: 0, highWatermark: 2 ** 40, lastStableOffset: 5, logStartOffset: 1 },
    abortedTransactions: partitionIndex === 0 ? [{ producerId: 2 ** 33, firstOffset: 4 }] : null,
    records: batches === null ? null : [batches],
  }))
  const answer = { throttleTimeMs: 1, errorCode: 0, sessionId: 2, responses: [{ topic: 'orders', partitions }] }
  fetch.writeResponse(writer, 11, answer)
  return Buffer.concat(writer.buffers())
}

type Decoded = { responses: [{ partitions: { messages: KafkaMessage[] }[] }] }

const unused: FetchResponse['decode'] = () => Promise.reject(new Error('left to kafkajs'))
const ours = decodeWithOurs(unused)

/** What both say, with header values as text. */
const compared = async (answer: Promise<unknown>): Promise<unknown> => {
  const withText = (name: string, value: unknown) => {
    const context = ['producerId', 'inTransaction', 'isControlBatch']
    if (name === 'batchContext') return Object.fromEntries(context.map((key) => [key, (value as never)[key]]))
    if (name === 'magicByte') return undefined
    return value
  }
  const bytes = (_: string, value: { type?: string; data?: number[] } | null) =>
    value?.type === 'Buffer' ? Buffer.from(value.data!).toString() : value
  return JSON.parse(JSON.stringify(JSON.parse(JSON.stringify(await answer), bytes as never), withText))
}

const bytes = fc.uint8Array({ maxLength: 90 }).map((array) => Buffer.from(array))
const text = fc.string({ unit: 'grapheme', maxLength: 70 }).map((string) => Buffer.from(string))
const sent: fc.Arbitrary<Sent> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(
    // kafkajs takes what an object inherits for headers that came before.
    fc.stringMatching(/^[a-z_é-]{1,20}$/).filter((name) => !(name in {})),
    fc.oneof(text, bytes, fc.array(text, { minLength: 2 })),
    {
      maxKeys: 12,
      noNullPrototype: true,
    },
  ),
  timestampDelta: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
})
const batches = fc.array(fc.array(sent, { minLength: 1, maxLength: 4 }), { maxLength: 3 })

describe('an answer', () => {
  test('says the same as kafkajs reads in it', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), async (given, transactional) => {
        const records = Buffer.concat(await Promise.all(given.map((batch) => batchOf(batch, { transactional }))))
        const answer = answerWith(records, null, records)
        expect(await compared(ours(answer))).toEqual(await compared(kafkajs.decode(answer)))
      }),
    )
  })

  const some: Sent = { key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestampDelta: 0 }

  test('whose last batch is cut off anywhere says what the whole ones say', async () => {
    const [first, second] = await Promise.all([batchOf([some, some]), batchOf([some])])
    const whole = await compared(ours(answerWith(first!)))
    for (let kept = 0; kept < second!.length; kept++) {
      const cut = Buffer.concat([first!, second!.subarray(0, kept)])
      expect(await compared(ours(answerWith(cut)))).toEqual(whole)
    }
  })

  test('with control records or times of the log says so', async () => {
    const batch = await batchOf([some])
    batch.writeInt16BE(0x20 | 0x10 | 0x08, 21)
    const answer = answerWith(batch)
    expect(await compared(ours(answer))).toEqual(await compared(kafkajs.decode(answer)))
  })

  test('with a batch that kafkajs has compressed says the same as kafkajs reads in it', async () => {
    const answer = answerWith(await batchOf([some, some], { compression: Compression.gzip }), await batchOf([some]))
    expect(await compared(ours(answer))).toEqual(await compared(kafkajs.decode(answer)))
  })

  test('with a batch of an old format is left to kafkajs, and so is one that makes no sense', async () => {
    const old = await batchOf([some])
    old[16] = 1
    const original = vi.fn(async () => 'of kafkajs')
    expect(await decodeWithOurs(original)(answerWith(old))).toBe('of kafkajs')
    expect(await decodeWithOurs(original)(Buffer.alloc(3))).toBe('of kafkajs')
    expect(original).toHaveBeenCalledTimes(2)
  })
})

describe.each(Object.entries(Compression))('an answer with batches of our producer, compression %s', (_, codec) => {
  const stamp = { timestamp: 1_700_000_000_000, producerId: 7, producerEpoch: 1, baseSequence: 3 }
  const batchWith = (values: readonly string[]): Buffer => {
    const records = values.map((value) => ({ key: 'k', value, headers: { ce_id: value.slice(0, 9) } }))
    return new BatchWriter(codec).write(records, 0, Number.POSITIVE_INFINITY, stamp).bytes
  }
  const damaged = (damage: (batch: Buffer) => void): Buffer => {
    const batch = Buffer.from(batchWith(['words '.repeat(90), 'words '.repeat(90)]))
    damage(batch)
    return batch
  }
  const messagesOf = async (answer: Buffer): Promise<number[]> =>
    ((await ours(answer)) as Decoded).responses[0].partitions.map(({ messages }) => messages.length)

  test('says the same as without compression, also beside batches without', async () => {
    const values = Array.from({ length: 7 }, (_, i) => `${i} and words `.repeat(20))
    const records = values.map((value) => ({ key: 'k', value, headers: { ce_id: value.slice(0, 9) } }))
    const plain = new BatchWriter().write(records, 0, 1_000_000, stamp).bytes
    const expected = await compared(kafkajs.decode(answerWith(Buffer.concat([plain, plain]))))
    expect(await compared(ours(answerWith(Buffer.concat([batchWith(values), plain]))))).toEqual(expected)
    expect(await compared(ours(answerWith(Buffer.concat([plain, batchWith(values)]))))).toEqual(expected)
  })

  test.skipIf(codec === Compression.none)('gives no more than there is room for; the rest comes again', async () => {
    const most = 'x'.repeat(MAX_DECOMPRESSED_BYTES / 4)
    const batch = batchWith([most, most])
    expect(await messagesOf(answerWith(Buffer.concat([batch, batch]), batch))).toEqual([2, 0])
  })

  test.skipIf(codec === Compression.none).each([
    ['with more in it', () => batchWith(['x', 'x'].map((x) => x.repeat(MAX_DECOMPRESSED_BYTES / 2)))],
    ['that is damaged', () => damaged((batch) => batch.fill(0xee, BATCH_OVERHEAD))],
    ['with fewer records than it says', () => damaged((batch) => batch.writeInt32BE(3, 57))],
  ])('has one message for a batch %s, and those of the others', async (_, make) => {
    const batch = make()
    batch.writeBigInt64BE(40n, 0)
    const fine = batchWith(['one', 'two'])
    const answer = (await ours(answerWith(Buffer.concat([fine, batch, fine])))) as Decoded
    const { messages } = answer.responses[0].partitions[0]!
    expect(messages.map(({ offset }) => offset)).toEqual(['0', '1', '41', '0', '1'])
    expect(messages.map(unreadableBatch)).toEqual([
      ...[undefined, undefined],
      expect.stringContaining('the offsets 40 to 41'),
      ...[undefined, undefined],
    ])
    // What does not compress well is larger than what is kept.
    expect(messages[2]!.value?.equals(batch) ?? batch.length > 1024 * 1024).toBe(true)
    expect(recordsIn(Buffer.concat([fine, batch, fine]))).toHaveLength(2)
    expect(() => recordsIn(batch)).toThrow(MalformedError)
  })
})

test('a batch that nothing can be made of is behind the end of the log in no case', async () => {
  const batch = await batchOf([{ key: null, value: Buffer.from('v'), headers: {}, timestampDelta: 0 }])
  batch.fill(0xee, BATCH_OVERHEAD)
  batch.writeInt32BE(2 ** 31 - 1, 23)
  batch.writeBigInt64BE(2n ** 40n - 3n, 0)
  const answer = (await ours(answerWith(batch))) as Decoded
  expect(answer.responses[0].partitions[0]!.messages).toMatchObject([{ offset: String(2 ** 40 - 1) }])
})
