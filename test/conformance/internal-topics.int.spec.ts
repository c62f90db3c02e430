import { describe, expect, test } from 'vitest'
import {
  addOffsetsToTxn,
  batchSize,
  createTopics,
  deleteRecords,
  describeConfigs,
  describeTransactions,
  ErrorCode,
  endTxn,
  findCoordinator,
  initProducerId,
  metadata,
  offsetCommitKey,
  produce,
  Reader,
  readInternal,
  readRecords,
  transactionLogKey,
} from '#libs/kafka-protocol'
import { batch } from './batch.ts'
import { stableGroup } from './group-member.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()

/** The topic, once Kafka has created it because somebody needed a coordinator. */
async function internal(name: string, keyType: number) {
  const described = async () => {
    await kafka.client.send(findCoordinator, 4, { coordinatorKeys: [kafka.name('key')], keyType })
    const request = { topics: [{ name }], allowAutoTopicCreation: false }
    return (await kafka.client.send(metadata, 12, request)).topics[0]!
  }
  await expect.poll(async () => (await described()).errorCode, { timeout: 10_000 }).toBe(0)
  const topic = await described()
  await kafka.isLed(name, topic.partitions.length)
  return topic
}

/** Keys of all records in all partitions, in Kafka's own encoding. */
async function keysOf(topic: TestTopic, partitions: number): Promise<Buffer[]> {
  const keys: Buffer[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const bytes = await kafka.read(topic, 0, { partition })
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      for (const { key } of readRecords(bytes.subarray(at, at + batchSize(bytes, at)))) if (key !== null) keys.push(key)
    }
  }
  return keys
}

describe.each([
  ['__consumer_offsets', 0],
  ['__transaction_state', 1],
] as const)('%s', (name, keyType) => {
  test('[40] is internal, and listed with the others', async () => {
    expect(await internal(name, keyType)).toMatchObject({ isInternal: true })
    const all = (await kafka.client.send(metadata, 12, { topics: null })).topics
    expect(all.find((topic) => topic.name === name)).toMatchObject({ isInternal: true, errorCode: 0 })
    const resources = [{ resourceType: 2, resourceName: name, configurationKeys: ['cleanup.policy'] }]
    const request = { resources, includeSynonyms: false, includeDocumentation: false }
    const { results } = await kafka.client.send(describeConfigs, 4, request)
    expect(results).toMatchObject([{ errorCode: 0, configs: [{ name: 'cleanup.policy', value: 'compact' }] }])
  })

  test('takes no records from clients, loses none to them, and cannot be created again', async () => {
    await internal(name, keyType)
    const topicData = [{ name, partitionData: [{ index: 0, records: [batch(['x'])] }] }]
    const produced = await kafka.client.send(produce, 9, { acks: -1, timeoutMs: 5000, topicData })
    expect(produced.responses[0]!.partitionResponses[0]!.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset: 0 }] }]
    const deleted = await kafka.client.send(deleteRecords, 2, { topics, timeoutMs: 1000 })
    expect(deleted.topics[0]!.partitions[0]!.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
    const wanted = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const created = await kafka.client.send(createTopics, 7, { topics: [wanted] })
    expect(created.topics[0]!.errorCode).toBe(ErrorCode.TOPIC_ALREADY_EXISTS)
  })
})

test('__consumer_offsets holds what is committed, and who reads', async () => {
  const topic = await kafka.topic()
  const [member] = await stableGroup(kafka, 1)
  const { groupId: group } = member!
  await member!.commit(topic.name, 7)
  const { topicId, partitions } = await internal('__consumer_offsets', 0)
  const keys = async () => {
    const all = await keysOf({ name: '__consumer_offsets', topicId }, partitions.length)
    return all.filter((key) => key.includes(group))
  }
  const versionOf = (key: Buffer) => key.readInt16BE(0)
  await expect.poll(async () => new Set((await keys()).map(versionOf))).toEqual(new Set([1, 2]))
  const committed = (await keys()).filter((key) => versionOf(key) === 1)
  expect(readInternal(offsetCommitKey, new Reader(committed[0]!))).toEqual({ group, topic: topic.name, partition: 0 })
})

test('offsets in a transaction are a partition of __consumer_offsets', async () => {
  const { partitions } = await internal('__consumer_offsets', 0)
  await internal('__transaction_state', 1)
  const transactionalId = kafka.name('transaction')
  const init = () => kafka.client.send(initProducerId, 4, { transactionalId, transactionTimeoutMs: 10_000 })
  await expect.poll(async () => (await init()).errorCode, { timeout: 10_000 }).toBe(0)
  const { producerId, producerEpoch } = await init()
  const producer = { transactionalId, producerId, producerEpoch }
  const added = await kafka.client.send(addOffsetsToTxn, 3, { ...producer, groupId: kafka.name('group') })
  expect(added.errorCode).toBe(0)
  const described = await kafka.client.send(describeTransactions, 0, { transactionalIds: [transactionalId] })
  const [touched, ...others] = described.transactionStates[0]!.topics
  expect(others).toEqual([])
  expect(touched).toMatchObject({ topic: '__consumer_offsets', partitions: [expect.any(Number)] })
  expect(touched!.partitions[0]).toBeLessThan(partitions.length)
  await kafka.client.send(endTxn, 3, { ...producer, committed: false })
})

test('__transaction_state holds transactional ids', async () => {
  const { topicId, partitions } = await internal('__transaction_state', 1)
  const transactionalId = kafka.name('transaction')
  const init = () => kafka.client.send(initProducerId, 4, { transactionalId, transactionTimeoutMs: 10_000 })
  await expect.poll(async () => (await init()).errorCode, { timeout: 10_000 }).toBe(0)
  const keys = await keysOf({ name: '__transaction_state', topicId }, partitions.length)
  const ids = keys.map((key) => readInternal(transactionLogKey, new Reader(key)).transactionalId)
  expect(ids).toContain(transactionalId)
})
