import { describe, expect, test } from 'vitest'
import {
  batchAttributes,
  batchLeaderEpoch,
  batchMaxTimestamp,
  ErrorCode,
  isBatchIntact,
  listOffsets,
  metadata,
  offsetForLeaderEpoch,
  produce,
  usesLogAppendTime,
} from '#libs/kafka-protocol'
import { At, Attribute, batch, NOBODY, offsetRanges, sealed } from './batch.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const HOUR = 3_600_000

describe('what a produced batch must be', () => {
  test('[1] exactly one batch of format 2 for a partition, and not an empty one', async () => {
    const topic = await kafka.topic()
    const twice = await kafka.append(topic, Buffer.concat([batch(['a']), batch(['b'])]))
    expect(twice.errorCode).toBe(ErrorCode.INVALID_RECORD)
    const old = batch()
    old.writeInt8(1, At.magic)
    expect((await kafka.append(topic, old)).errorCode).toBe(ErrorCode.INVALID_RECORD)
    const empty = batch([])
    expect((await kafka.append(topic, empty)).errorCode).toBe(ErrorCode.INVALID_RECORD)
    expect((await kafka.append(topic, batch())).baseOffset).toBe(0)
  })

  test('[1] zstd only from version 7 on', async () => {
    const topic = await kafka.topic()
    const compressed = batch(['a'], NOBODY, Attribute.zstd)
    const refused = await kafka.append(topic, compressed, { version: 6 })
    expect(refused.errorCode).toBe(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  })

  test('[2] its checksum covers everything from the attributes on', async () => {
    const topic = await kafka.topic()
    const damaged = batch()
    damaged[damaged.length - 1]! ^= 1
    expect((await kafka.append(topic, damaged)).errorCode).toBe(ErrorCode.CORRUPT_MESSAGE)
  })

  test('[2] offset and leader epoch lie outside of it: the broker sets both in bytes that are otherwise the same', async () => {
    const topic = await kafka.topic()
    await kafka.append(topic, batch(['before']))
    const sent = batch(['x', 'y'])
    sent.writeInt32BE(4711, At.leaderEpoch)
    expect(await kafka.append(topic, sent)).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 1 })
    const stored = await kafka.read(topic, 1)
    expect(offsetRanges(stored)).toEqual([[1, 2]])
    expect(isBatchIntact(stored)).toBe(true)
    expect(batchLeaderEpoch(stored)).toBe(0)
    expect(stored.subarray(At.magic)).toEqual(sent.subarray(At.magic))
  })

  const broken: [string, (bytes: Buffer) => unknown][] = [
    ['a base offset other than 0', (bytes) => bytes.writeBigInt64BE(1n, At.baseOffset)],
    ['more records announced than offsets', (bytes) => bytes.writeInt32BE(3, At.recordsCount)],
    ['the control bit', (bytes) => bytes.writeInt16BE(Attribute.control, At.attributes)],
  ]
  test.each(broken)('[3] not with %s', async (_what, damage) => {
    const topic = await kafka.topic()
    const bytes = batch()
    damage(bytes)
    expect((await kafka.append(topic, sealed(bytes))).errorCode).toBe(ErrorCode.INVALID_RECORD)
  })

  test('[3] not with a producer and no sequence', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    const unnumbered = batch(['a'], { ...producer, sequence: -1 })
    expect((await kafka.append(topic, unnumbered)).errorCode).toBe(ErrorCode.INVALID_RECORD)
  })

  test('[4] not larger than max.message.bytes, header included', async () => {
    const fits = batch(['x'.repeat(500)])
    const topic = await kafka.topic({ configs: { 'max.message.bytes': `${fits.length}` } })
    expect((await kafka.append(topic, fits)).errorCode).toBe(ErrorCode.NONE)
    const larger = await kafka.append(topic, batch(['x'.repeat(501)]))
    expect(larger.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE)
  })

  test('[5] in a compacted topic every record needs a key, and those without are named', async () => {
    const topic = await kafka.topic({ configs: { 'cleanup.policy': 'compact' } })
    const records = [{ key: 'k', value: '0' }, '1', { key: 'k', value: '2' }, '3']
    const refused = await kafka.append(topic, batch(records))
    expect(refused.errorCode).toBe(ErrorCode.INVALID_RECORD)
    expect(refused.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 3])
    expect((await kafka.append(topic, batch([{ key: 'k', value: '0' }]))).baseOffset).toBe(0)
  })

  test('to a partition that is there', async () => {
    const topic = await kafka.topic()
    const missing = await kafka.append(topic, batch(), { partition: 7 })
    expect(missing.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  test('one bad partition does not spoil the others of the request', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const damaged = batch()
    damaged[damaged.length - 1]! ^= 1
    const partitionData = [
      { index: 0, records: [damaged] },
      { index: 1, records: [batch()] },
    ]
    const request = { acks: -1, timeoutMs: 5000, topicData: [{ name: topic.name, partitionData }] }
    const [answer] = (await kafka.client.send(produce, 9, request)).responses
    const outcomes = answer!.partitionResponses.toSorted((a, b) => a.index - b.index)
    expect(outcomes.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.CORRUPT_MESSAGE, ErrorCode.NONE])
  })
})

describe('time', () => {
  test('[6] with LogAppendTime the broker stamps the batch and says when', async () => {
    const topic = await kafka.topic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const before = Date.now()
    const { logAppendTimeMs } = await kafka.append(topic, batch([{ value: 'a', timestamp: 5 }]))
    expect(logAppendTimeMs).toBeGreaterThanOrEqual(before)
    const stored = await kafka.read(topic, 0)
    expect(usesLogAppendTime(batchAttributes(stored))).toBe(true)
    expect(batchMaxTimestamp(stored)).toBe(logAppendTimeMs)
    expect(isBatchIntact(stored)).toBe(true)
  })

  test('[6] with CreateTime the time is the producer’s, and the answer has none', async () => {
    const topic = await kafka.topic()
    const timestamp = Date.now() - HOUR
    expect(await kafka.append(topic, batch([{ value: 'a', timestamp }]))).toMatchObject({ logAppendTimeMs: -1 })
    const stored = await kafka.read(topic, 0)
    expect(batchMaxTimestamp(stored)).toBe(timestamp)
  })

  test('[6] a time more than message.timestamp.after.max.ms ahead is refused', async () => {
    const topic = await kafka.topic()
    const ahead = (ms: number) => batch([{ value: 'a', timestamp: Date.now() + ms }])
    expect((await kafka.append(topic, ahead(HOUR + 60_000))).errorCode).toBe(ErrorCode.INVALID_TIMESTAMP)
    expect((await kafka.append(topic, ahead(HOUR - 60_000))).errorCode).toBe(ErrorCode.NONE)
  })
})

describe('acks', () => {
  test('[7] 0 is not answered at all', async () => {
    const topic = await kafka.topic()
    const client = await kafka.connect()
    const partitionData = [{ index: 0, records: [batch()] }]
    const topicData = [{ name: topic.name, partitionData }]
    // The next request's answer is the next thing that arrives.
    client.tell(produce, 9, { acks: 0, timeoutMs: 5000, topicData })
    expect((await client.send(metadata, 12, { topics: [] })).brokers).toHaveLength(1)
    await expect.poll(async () => (await kafka.fetch(topic, 0)).highWatermark).toBe(1)
  })

  test('[7] 0 with an error closes the connection, as there is no other way to say so', async () => {
    const topic = await kafka.topic()
    const client = await kafka.connect()
    const partitionData = [{ index: 99, records: [batch()] }]
    client.tell(produce, 9, { acks: 0, timeoutMs: 5000, topicData: [{ name: topic.name, partitionData }] })
    await client.closed
  })

  test('[7] 1 and all are answered with the offset, anything else is refused', async () => {
    const topic = await kafka.topic()
    expect(await kafka.append(topic, batch(), { acks: 1 })).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 })
    expect(await kafka.append(topic, batch(), { acks: -1 })).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 1 })
    const refused = await kafka.append(topic, batch(), { acks: 7 })
    expect(refused).toMatchObject({ errorCode: ErrorCode.INVALID_REQUIRED_ACKS, baseOffset: -1 })
  })
})

test('[8] Metadata, ListOffsets, OffsetForLeaderEpoch and the batches themselves agree on the leader epoch', async () => {
  const topic = await kafka.topic()
  await kafka.append(topic, batch(['a', 'b']))
  const wanted = { topics: [{ name: topic.name, topicId: '0'.repeat(32) }], allowAutoTopicCreation: false }
  const epoch = (await kafka.client.send(metadata, 12, wanted)).topics[0]!.partitions[0]!.leaderEpoch
  expect(epoch).toBeGreaterThanOrEqual(0)
  const partitions = [{ partitionIndex: 0, timestamp: -1 }]
  const listed = await kafka.client.send(listOffsets, 6, { replicaId: -1, topics: [{ name: topic.name, partitions }] })
  expect(listed.topics[0]!.partitions[0]).toMatchObject({ offset: 2, leaderEpoch: epoch })
  const asked = { topics: [{ topic: topic.name, partitions: [{ partition: 0, leaderEpoch: epoch }] }] }
  const ended = await kafka.client.send(offsetForLeaderEpoch, 4, asked)
  expect(ended.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, leaderEpoch: epoch, endOffset: 2 })
  const stored = await kafka.read(topic, 0)
  expect(batchLeaderEpoch(stored)).toBe(epoch)
})
