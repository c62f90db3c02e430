import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { fetch, Writer } from '#libs/kafka-protocol'
import { configureLogging } from '#libs/observability'
import { decodeWithOurs, type FetchResponse } from './fetch-decoder.ts'

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

  test('with a compressed batch is left to kafkajs, and so is one that makes no sense', async () => {
    const original = vi.fn(kafkajs.decode)
    const answer = answerWith(await batchOf([some, some], { compression: 1 }))
    expect(await decodeWithOurs(original)(answer)).toMatchObject({
      responses: [{ partitions: [{ messages: [{ key: some.key }, { key: some.key }] }] }],
    })
    await expect(ours(Buffer.alloc(3))).rejects.toThrow('left to kafkajs')
    expect(original).toHaveBeenCalledOnce()
  })
})
