import { describe, expect, test } from 'vitest'
import {
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchMaxTimestamp,
  batchSize,
  Compression,
  compressionOf,
  deleteRecords,
  ErrorCode,
  isBatchIntact,
  listOffsets,
  readRecords,
  rewriteBatch,
} from '#libs/kafka-protocol'
import { batch } from './batch.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const codecs = Object.entries(Compression).filter(([name]) => name !== 'none')
const start = Date.now() - 100_000

/** A batch in another compression than the one it was made in. */
const compressed = (plain: Buffer, compression: number): Buffer =>
  rewriteBatch(plain, readRecords(plain), { compression })

const at = (...offsets: number[]) =>
  offsets.map((ms, index) => ({ key: `k${index}`, value: `v${index}`, timestamp: start + ms }))

async function lookUp(topic: TestTopic, timestamp: number): Promise<[offset: number, timestamp: number]> {
  const partitions = [{ partitionIndex: 0, timestamp }]
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic.name, partitions }] }
  const [found] = (await kafka.client.send(listOffsets, 7, request)).topics[0]!.partitions
  expect(found!.errorCode).toBe(ErrorCode.NONE)
  return [found!.offset, found!.timestamp < 0 ? -1 : found!.timestamp - start]
}

async function deleteBefore(topic: TestTopic, offset: number) {
  const partitions = [{ partitionIndex: 0, offset }]
  const answer = await kafka.client.send(deleteRecords, 2, {
    timeoutMs: 5000,
    topics: [{ name: topic.name, partitions }],
  })
  return answer.topics[0]!.partitions[0]!
}

/** Every record from this offset on: offset, key, value. */
async function records(topic: TestTopic): Promise<[offset: number, key: string | undefined, isTombstone: boolean][]> {
  const found: [number, string | undefined, boolean][] = []
  for (let next = 0, end = (await kafka.fetch(topic, 0)).highWatermark; next < end; ) {
    const bytes = await kafka.read(topic, next)
    expect(bytes.length).toBeGreaterThan(0)
    for (let position = 0; position < bytes.length; position += batchSize(bytes, position)) {
      const one = bytes.subarray(position, position + batchSize(bytes, position))
      expect(isBatchIntact(one)).toBe(true)
      for (const { offsetDelta, key, valueIsNull } of readRecords(one)) {
        found.push([batchBaseOffset(one) + offsetDelta, key?.toString(), valueIsNull])
      }
      next = batchLastOffset(one) + 1
    }
  }
  return found
}

describe.each(codecs)('a batch in %s', (_name, codec) => {
  test('[26] is stored as it came, and looked into for a time', async () => {
    const topic = await kafka.topic()
    const sent = compressed(batch(at(0, 500, 200, 900, 900)), codec)
    expect(await kafka.append(topic, Buffer.from(sent))).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 })
    await kafka.append(topic, compressed(batch(at(300, 700)), codec))
    const stored = await kafka.read(topic, 0)
    expect(stored.subarray(16, sent.length)).toEqual(sent.subarray(16))
    expect(await lookUp(topic, start + 200)).toEqual([1, 500])
    expect(await lookUp(topic, start + 501)).toEqual([3, 900])
    expect(await lookUp(topic, start + 901)).toEqual([-1, -1])
    expect(await lookUp(topic, -3)).toEqual([3, 900])
  })

  test('[26] answers with what was not deleted of it', async () => {
    const topic = await kafka.topic()
    await kafka.append(topic, compressed(batch(at(100, 200, 300)), codec))
    expect(await deleteBefore(topic, 1)).toMatchObject({ errorCode: ErrorCode.NONE, lowWatermark: 1 })
    expect(await lookUp(topic, start)).toEqual([1, 200])
    expect((await kafka.fetch(topic, 0)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect(batchBaseOffset(await kafka.read(topic, 1))).toBe(0)
  })

  test('[5] may not hide a record without a key from a compacted topic', async () => {
    const topic = await kafka.topic({ configs: { 'cleanup.policy': 'compact' } })
    const mixed = compressed(batch([{ key: 'a', value: '1' }, { value: '2' }, { key: 'b', value: '3' }, 'x']), codec)
    const refused = await kafka.append(topic, mixed)
    expect(refused.errorCode).toBe(ErrorCode.INVALID_RECORD)
    expect(refused.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 3])
    expect((await kafka.fetch(topic, 0)).highWatermark).toBe(0)
  })

  test('is rewritten where the topic wants another compression', async () => {
    const plain = batch(at(0, 500, 200))
    for (const wanted of ['uncompressed', ...codecs.map(([name]) => name)]) {
      const topic = await kafka.topic({ configs: { 'compression.type': wanted } })
      await kafka.append(topic, compressed(plain, codec))
      const stored = await kafka.read(topic, 0)
      const expected = wanted === 'uncompressed' ? 0 : Compression[wanted as keyof typeof Compression]
      expect([compressionOf(batchAttributes(stored)), isBatchIntact(stored)]).toEqual([expected, true])
      expect(readRecords(stored)).toEqual(readRecords(plain))
    }
  })
})

describe('timestamps', () => {
  test.each([0, 1])('[6] are the log’s own where the topic says so, in compression %i too', async (codec) => {
    const topic = await kafka.topic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const answer = await kafka.append(topic, compressed(batch(at(0, 500)), codec))
    const stored = await kafka.read(topic, 0)
    expect(answer.logAppendTimeMs).toBeGreaterThan(start + 50_000)
    expect([batchMaxTimestamp(stored), isBatchIntact(stored)]).toEqual([answer.logAppendTimeMs, true])
    expect(await lookUp(topic, start + 50_000)).toEqual([0, answer.logAppendTimeMs - start])
    expect(await lookUp(topic, answer.logAppendTimeMs + 1)).toEqual([-1, -1])
  })

  test.each([0, 1])('[6] too far from now are refused record by record, in compression %i too', async (codec) => {
    const topic = await kafka.topic({
      configs: { 'message.timestamp.before.max.ms': '200000', 'message.timestamp.after.max.ms': '200000' },
    })
    const refused = await kafka.append(topic, compressed(batch(at(0, 1_000_000, 0, -1_000_000)), codec))
    expect(refused.errorCode).toBe(ErrorCode.INVALID_TIMESTAMP)
    expect(refused.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 3])
    expect((await kafka.append(topic, compressed(batch(at(0, 100)), codec))).errorCode).toBe(ErrorCode.NONE)
  })

  test('[26] that go up and down find the first record that is not older', async () => {
    const topic = await kafka.topic()
    for (const times of [[100, 300], [200, 250], [50, 400], [350]]) await kafka.append(topic, batch(at(...times)))
    expect(await lookUp(topic, start + 101)).toEqual([1, 300])
    expect(await lookUp(topic, start + 301)).toEqual([5, 400])
    expect(await lookUp(topic, -3)).toEqual([5, 400])
    expect((await lookUp(topic, -1))[0]).toBe(7)
    expect((await lookUp(topic, -2))[0]).toBe(0)
  })
})

describe('[30] deleting records', () => {
  test('moves the start of the log, into the middle of a batch or to its end, never backwards', async () => {
    const topic = await kafka.topic()
    for (let round = 0; round < 3; round++) await kafka.append(topic, batch(['a', 'b', 'c']))
    expect(await deleteBefore(topic, 4)).toMatchObject({ errorCode: ErrorCode.NONE, lowWatermark: 4 })
    expect(await deleteBefore(topic, 2)).toMatchObject({ errorCode: ErrorCode.NONE, lowWatermark: 4 })
    expect(await deleteBefore(topic, 10)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
    expect((await lookUp(topic, -2))[0]).toBe(4)
    expect(await deleteBefore(topic, -1)).toMatchObject({ errorCode: ErrorCode.NONE, lowWatermark: 9 })
    expect(await kafka.append(topic, batch(['d']))).toMatchObject({ baseOffset: 9, logStartOffset: 9 })
  })
})

describe('[27] a compacted topic', () => {
  const compacts = {
    ...{
      'cleanup.policy': 'compact',
      'segment.bytes': '1048576',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
    },
    ...{ 'delete.retention.ms': '100', 'max.compaction.lag.ms': '1000' },
  }
  /** Both look for work in their own time: Apache Kafka every 15 s, unless it is told otherwise. */
  const PATIENCE = 60_000

  test('ends with the last record of each key, at its offset', { timeout: 2 * PATIENCE }, async () => {
    const topic = await kafka.topic({ configs: compacts })
    const producer = await kafka.producer()
    let sequence = 0
    const write = async (...given: { key: string; value: string | null }[]) => {
      await kafka.append(topic, compressed(batch(given, { ...producer, sequence }), sequence % 5))
      sequence += given.length
    }
    for (let round = 0; round < 10; round++) {
      await write(
        { key: 'a', value: `a${round}` },
        { key: 'b', value: `b${round}` },
        { key: `only${round}`, value: 'x' },
      )
    }
    await write({ key: 'b', value: null })
    const lastOfA = 27
    const rolled = async () => {
      // A segment is closed by the first append after its time.
      await write({ key: 'later', value: 'y' })
      return (await records(topic)).filter(([, key]) => key === 'a' || key === 'b')
    }
    await expect.poll(rolled, { interval: 1000, timeout: PATIENCE }).toEqual([[lastOfA, 'a', false]])
    const left = await records(topic)
    expect(left.filter(([, key]) => key?.startsWith('only')).map(([offset]) => offset)).toEqual(
      Array.from({ length: 10 }, (_, round) => round * 3 + 2),
    )
    expect(batchLastOffset(await kafka.read(topic, 0))).toBeGreaterThanOrEqual(0)
    expect((await lookUp(topic, -2))[0]).toBe(0)
  })
})
