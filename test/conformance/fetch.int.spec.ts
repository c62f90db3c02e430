import { describe, expect, test } from 'vitest'
import { deleteRecords, ErrorCode, fetch, listOffsets, offsetForLeaderEpoch } from '#libs/kafka-protocol'
import { batch, offsetRanges } from './batch.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const LONG_MS = 20_000

const three = () => batch(['a', 'b', 'c'])
/** Batches of three records: offsets 0-2, 3-5, …. */
async function threes(batches: number): Promise<TestTopic> {
  const topic = await kafka.topic()
  for (let i = 0; i < batches; i++) await kafka.append(topic, three())
  return topic
}

describe('what is returned', () => {
  test('[19] the whole batch that contains the offset, though it starts before it', async () => {
    const topic = await threes(2)
    expect(offsetRanges(await kafka.read(topic, 1))).toEqual([
      [0, 2],
      [3, 5],
    ])
    expect(offsetRanges(await kafka.read(topic, 5))).toEqual([[3, 5]])
  })

  test('[21] the first batch, also where it exceeds every limit', async () => {
    const topic = await kafka.topic()
    await kafka.append(topic, batch(['x'.repeat(10_000)]))
    await kafka.append(topic, batch(['x'.repeat(10_000)]))
    const read = await kafka.read(topic, 0, { maxBytes: 100, partitionMaxBytes: 100 })
    expect(offsetRanges(read)).toEqual([[0, 0]])
  })

  test('[21] after that the limits hold, and at most the beginning of another batch follows', async () => {
    const topic = await threes(4)
    const size = three().length
    for (const partitionMaxBytes of [2 * size, 3 * size - 1]) {
      const read = await kafka.read(topic, 0, { partitionMaxBytes })
      expect(read.length).toBeLessThanOrEqual(partitionMaxBytes)
      expect(offsetRanges(read.subarray(0, 2 * size))).toEqual([
        [0, 2],
        [3, 5],
      ])
    }
  })

  test('[21] partitions are served in the order of the request, the first one that has something past the limit', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    for (const partition of [0, 1, 2]) await kafka.append(topic, batch(['x'.repeat(1000)]), { partition })
    const order = [2, 0, 1]
    const partitions = order.map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 100_000 }))
    const topics = [{ topicId: topic.topicId, partitions }]
    const answer = await kafka.client.send(fetch, 16, { maxWaitMs: 0, minBytes: 1, maxBytes: 500, topics })
    const filled = answer.responses[0]!.partitions.filter(({ records }) => (records?.length ?? 0) > 0)
    expect(filled.map(({ partitionIndex }) => partitionIndex)).toEqual([2])
  })

  test('[20] [30] offsets at which nothing is left are answered with what follows', async () => {
    const topic = await threes(2)
    const partitions = [{ partitionIndex: 0, offset: 4 }]
    await kafka.client.send(deleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 5000 })
    const partition = await kafka.fetch(topic, 4)
    expect(partition).toMatchObject({ errorCode: ErrorCode.NONE, logStartOffset: 4, highWatermark: 6 })
    expect(offsetRanges(partition.records!)).toEqual([[3, 5]])
  })
})

describe('when it is returned', () => {
  test('[22] at once when min_bytes are there', async () => {
    const topic = await threes(1)
    const partition = await kafka.fetch(topic, 0, { maxWaitMs: LONG_MS, minBytes: 10 })
    expect(partition.records!.length).toBeGreaterThan(10)
  })

  test('[22] at once when max_bytes are there, though min_bytes asks for more', async () => {
    const topic = await kafka.topic()
    await kafka.append(topic, batch(['x'.repeat(10_000)]))
    const partition = await kafka.fetch(topic, 0, { maxWaitMs: LONG_MS, minBytes: 1_000_000, maxBytes: 5000 })
    expect(partition.records!.length).toBeGreaterThan(5000)
  })

  test(
    '[22] at once when one of the partitions cannot be read from there',
    async () => {
      const topic = await kafka.topic({ partitions: 2 })
      const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 9 * partition, partitionMaxBytes: 1000 }))
      const topics = [{ topicId: topic.topicId, partitions }]
      const answer = await kafka.client.send(fetch, 16, { maxWaitMs: 2 * LONG_MS, minBytes: 1, maxBytes: 1000, topics })
      const errors = answer.responses[0]!.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])
      expect(errors.sort()).toEqual([
        [0, ErrorCode.NONE],
        [1, ErrorCode.OFFSET_OUT_OF_RANGE],
      ])
    },
    LONG_MS,
  )

  test('[22] as soon as enough has been produced', async () => {
    const topic = await kafka.topic()
    const client = await kafka.connect()
    const size = three().length
    const parked = kafka.fetch(topic, 0, { maxWaitMs: LONG_MS, minBytes: 2 * size }, client)
    await kafka.append(topic, three())
    await kafka.append(topic, three())
    expect(await parked).toMatchObject({ errorCode: ErrorCode.NONE, highWatermark: 6 })
  })

  test('[22] at the latest after max_wait, with what there is', async () => {
    const topic = await threes(1)
    const partition = await kafka.fetch(topic, 0, { maxWaitMs: 50, minBytes: 500_000 })
    expect(offsetRanges(partition.records!)).toEqual([[0, 2]])
  })

  test('[22] a fetch at the end waits for the next record', async () => {
    const topic = await threes(1)
    const client = await kafka.connect()
    const parked = kafka.fetch(topic, 3, { maxWaitMs: LONG_MS }, client)
    await kafka.append(topic, batch())
    const partition = await parked
    expect(offsetRanges(partition.records!)).toEqual([[3, 3]])
  })

  test('answers come in the order of the requests, though later ones are done sooner', async () => {
    const topic = await kafka.topic()
    const client = await kafka.connect()
    const answers: string[] = []
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const topics = [{ topicId: topic.topicId, partitions }]
    const fetched = (maxWaitMs: number) => client.send(fetch, 16, { maxWaitMs, minBytes: 1, maxBytes: 1000, topics })
    const note = (what: string) => () => void answers.push(what)
    await Promise.all([
      fetched(200).then(note('fetch')),
      client.send(listOffsets, 6, { replicaId: -1, topics: [] }).then(note('list offsets')),
      fetched(0).then(note('second fetch')),
    ])
    expect(answers).toEqual(['fetch', 'list offsets', 'second fetch'])
  })
})

describe('offsets outside of the log', () => {
  test('[24] before its start and after its end are out of range, at once, and the answer says where the log is', async () => {
    const topic = await threes(2)
    const partitions = [{ partitionIndex: 0, offset: 3 }]
    await kafka.client.send(deleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 5000 })
    for (const offset of [0, 2, 7, 1000]) {
      const partition = await kafka.fetch(topic, offset, { maxWaitMs: LONG_MS })
      expect(partition.errorCode, `offset ${offset}`).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
      expect(partition.records?.length ?? 0).toBe(0)
    }
  })

  test('[24] the end itself is no error, and has nothing yet', async () => {
    const topic = await threes(1)
    const partition = await kafka.fetch(topic, 3)
    expect(partition).toMatchObject({ errorCode: ErrorCode.NONE, highWatermark: 3, lastStableOffset: 3 })
    expect(partition.records?.length ?? 0).toBe(0)
  })
})

describe('who is asked for', () => {
  test('[25] a leader epoch that is over is fenced, one that has not been is unknown, -1 is not looked at', async () => {
    const topic = await threes(1)
    expect((await kafka.fetch(topic, 0, { leaderEpoch: -1 })).errorCode).toBe(ErrorCode.NONE)
    expect((await kafka.fetch(topic, 0, { leaderEpoch: 0 })).errorCode).toBe(ErrorCode.NONE)
    const future = await kafka.fetch(topic, 0, { leaderEpoch: 1000, maxWaitMs: LONG_MS })
    expect(future.errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
  })

  test('[25] ListOffsets and OffsetForLeaderEpoch look at it too', async () => {
    const topic = await threes(1)
    const partitions = [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: 1000 }]
    const listed = await kafka.client.send(listOffsets, 6, {
      replicaId: -1,
      topics: [{ name: topic.name, partitions }],
    })
    expect(listed.topics[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
    const epochs = [{ partition: 0, currentLeaderEpoch: 1000, leaderEpoch: 0 }]
    const asked = { topics: [{ topic: topic.name, partitions: epochs }] }
    const ended = await kafka.client.send(offsetForLeaderEpoch, 4, asked)
    expect(ended.topics[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
  })

  test('an unknown topic id and an unknown partition are told apart', async () => {
    const topic = await kafka.topic()
    const stranger = { name: '', topicId: 'ab'.repeat(16) }
    expect((await kafka.fetch(stranger, 0, { maxWaitMs: LONG_MS })).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
    const missing = await kafka.fetch(topic, 0, { partition: 5, maxWaitMs: LONG_MS })
    expect(missing.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })
})
