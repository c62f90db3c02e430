import { describe, expect, test } from 'vitest'
import { ErrorCode, fetch, produce } from '#libs/kafka-protocol'
import { batch } from './batch.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()

interface Ask {
  readonly sessionId?: number
  readonly sessionEpoch?: number
  readonly partitions?: readonly number[]
  readonly offset?: number
  readonly forget?: readonly number[]
  readonly version?: number
  readonly maxWaitMs?: number
}

async function ask({ name, topicId }: TestTopic, options: Ask) {
  const { sessionId = 0, sessionEpoch = 0, partitions = [], offset = 0, forget = [], version = 16 } = options
  const wanted = partitions.map((partition) => ({ partition, fetchOffset: offset, partitionMaxBytes: 100_000 }))
  const answer = await kafka.client.send(fetch, version, {
    ...{ maxWaitMs: options.maxWaitMs ?? 0, minBytes: 1, maxBytes: 1_000_000, sessionId, sessionEpoch },
    topics: wanted.length === 0 ? [] : [{ topic: name, topicId, partitions: wanted }],
    forgottenTopicsData: forget.length === 0 ? [] : [{ topic: name, topicId, partitions: forget }],
  })
  const told = answer.responses.flatMap((topic) => topic.partitions)
  return {
    errorCode: answer.errorCode,
    sessionId: answer.sessionId,
    told: told.map(({ partitionIndex }) => partitionIndex).sort(),
    withRecords: told.filter(({ records }) => (records?.length ?? 0) > 0).map(({ partitionIndex }) => partitionIndex),
    errors: told.map(({ errorCode }) => errorCode),
  }
}

async function session(topic: TestTopic, partitions: readonly number[], version = 16): Promise<number> {
  const { sessionId, errorCode, told } = await ask(topic, { partitions, version })
  expect({ errorCode, told }).toEqual({ errorCode: 0, told: partitions })
  expect(sessionId).toBeGreaterThan(0)
  return sessionId
}

describe.each([12, 16])('fetch sessions of version %i', (version) => {
  test('[23] only what has changed is answered', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    const sessionId = await session(topic, [0, 1, 2], version)
    expect(await ask(topic, { sessionId, sessionEpoch: 1, version })).toMatchObject({ sessionId, told: [] })
    await kafka.append(topic, batch(), { partition: 1 })
    expect(await ask(topic, { sessionId, sessionEpoch: 2, version })).toMatchObject({ told: [1], withRecords: [1] })
    const onwards = { sessionId, sessionEpoch: 3, version, partitions: [1], offset: 1 }
    expect(await ask(topic, onwards)).toMatchObject({ sessionId, withRecords: [] })
    expect(await ask(topic, { sessionId, sessionEpoch: 4, version })).toMatchObject({ sessionId, told: [] })
  })

  test('a parked request wakes up for a partition that it does not name', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const sessionId = await session(topic, [0, 1], version)
    const parked = ask(topic, { sessionId, sessionEpoch: 1, version, maxWaitMs: 20_000 })
    const topicData = [{ name: topic.name, partitionData: [{ index: 1, records: [batch()] }] }]
    await (await kafka.connect()).send(produce, 9, { acks: -1, timeoutMs: 5000, topicData })
    expect(await parked).toMatchObject({ told: [1], withRecords: [1] })
  })

  test('forgotten partitions are not read any more, new ones are', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    const sessionId = await session(topic, [0, 1], version)
    await kafka.append(topic, batch(), { partition: 0 })
    const change = { sessionId, sessionEpoch: 1, version, forget: [0], partitions: [2] }
    expect(await ask(topic, change)).toMatchObject({ sessionId, told: [2], withRecords: [] })
    expect(await ask(topic, { sessionId, sessionEpoch: 2, version })).toMatchObject({ told: [] })
  })

  test('a session without partitions ends', async () => {
    const topic = await kafka.topic()
    const sessionId = await session(topic, [0], version)
    expect(await ask(topic, { sessionId, sessionEpoch: 1, version, forget: [0] })).toMatchObject({ sessionId: 0 })
    const errorCode = ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    expect(await ask(topic, { sessionId, sessionEpoch: 2, version })).toMatchObject({ errorCode })
  })

  test('[23] a wrong epoch is refused, and does no harm', async () => {
    const topic = await kafka.topic()
    const sessionId = await session(topic, [0], version)
    const errorCode = ErrorCode.INVALID_FETCH_SESSION_EPOCH
    expect(await ask(topic, { sessionId, sessionEpoch: 2, version })).toMatchObject({ errorCode, sessionId: 0 })
    expect(await ask(topic, { sessionId, sessionEpoch: 1, version })).toMatchObject({ errorCode: 0, sessionId })
  })

  test('a full request ends the session it names', async () => {
    const topic = await kafka.topic()
    const sessionId = await session(topic, [0], version)
    const last = await ask(topic, { sessionId, sessionEpoch: -1, version, partitions: [0] })
    expect(last).toMatchObject({ errorCode: 0, sessionId: 0, told: [0] })
    const errorCode = ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    expect(await ask(topic, { sessionId, sessionEpoch: 1, version })).toMatchObject({ errorCode })
  })

  test('[23] an error is told each time', async () => {
    const topic = await kafka.topic()
    const { sessionId } = await ask(topic, { partitions: [0, 7], version })
    const told = { told: [7], errors: [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION] }
    expect(await ask(topic, { sessionId, sessionEpoch: 1, version })).toMatchObject(told)
    expect(await ask(topic, { sessionId, sessionEpoch: 2, version })).toMatchObject(told)
  })
})

test('[23] topics are named by id or by name throughout a session', async () => {
  const topic = await kafka.topic()
  const errorCode = ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
  const byId = await session(topic, [0], 16)
  expect(await ask(topic, { sessionId: byId, sessionEpoch: 1, version: 12 })).toMatchObject({ errorCode })
  const byName = await session(topic, [0], 12)
  expect(await ask(topic, { sessionId: byName, sessionEpoch: 1, version: 16 })).toMatchObject({ errorCode })
})

test('a request without a session has none', async () => {
  const topic = await kafka.topic()
  expect(await ask(topic, { sessionEpoch: -1, partitions: [0] })).toMatchObject({ sessionId: 0, told: [0] })
})
