import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alterShareGroupOffsets, ErrorCode, findCoordinator, shareGroupHeartbeat } from '#libs/kafka-protocol'
import { until } from '../../../test/support/until.ts'
import { type BrokerProcess, startBroker } from '../../testing/broker-process.ts'
import { type KafkaOptions, kafkaClient } from '../kafka-client.ts'
import { Cluster } from '../producer/cluster.ts'
import { describeShareGroups } from './share-groups.ts'

/** The Kafka that `KAFKA_BROKERS` names, or the bundled broker. */
const given = process.env.KAFKA_BROKERS?.split(',')
const TIMING = { connectMs: 1_000, requestMs: 10_000, retriesMs: [], metadataMs: 0 }
const WITHIN_MS = 10_000
const topic = `jobs-${randomUUID()}`
const groupId = `workers-${randomUUID()}`

let bundled: BrokerProcess | undefined
let options: KafkaOptions
let cluster: Cluster
beforeAll(async () => {
  if (given === undefined) bundled = await startBroker()
  options = { brokers: given ?? [bundled!.brokers], clientId: 'test' }
  cluster = new Cluster(options, TIMING)
})
afterAll(async () => {
  cluster.close()
  await bundled?.close()
})

async function threeRecords(): Promise<void> {
  const kafka = kafkaClient(options, 'briefly')
  const [admin, producer] = [kafka.admin(), kafka.producer()]
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] })
  await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value, partition: 1 })) })
  await Promise.all([admin.disconnect(), producer.disconnect()])
}

test('share groups are described with members and lag, and one that is not there is left out', async () => {
  await threeRecords()
  const connection = await cluster.anyConnection()
  const partitions = [{ partitionIndex: 1, startOffset: 1 }]
  await until('a coordinator', async () => {
    // Kafka makes the topic of its coordinators when somebody looks for one.
    await connection.request(findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] })
    const request = { groupId, topics: [{ topicName: topic, partitions }] }
    return (await connection.request(alterShareGroupOffsets, 0, request)).errorCode === ErrorCode.NONE || undefined
  })
  const member = { groupId, memberId: randomUUID(), rackId: null, subscribedTopicNames: [topic] }
  const { memberEpoch } = await connection.request(shareGroupHeartbeat, 1, { ...member, memberEpoch: 0 })
  await until('an assignment', async () => {
    // Kafka takes its time until it has read what it knows of a group.
    const group = await describeShareGroups(options, [groupId], WITHIN_MS).then(
      ({ described }) => described[0],
      () => undefined,
    )
    // It gives out a partition when it has begun to keep where the group stands in it, which it does one by one.
    if (group?.members[0]?.assignment[topic]?.length === 2) return true
    await connection.request(shareGroupHeartbeat, 1, { ...member, memberEpoch, subscribedTopicNames: null })
    return undefined
  })
  const { described, untold } = await describeShareGroups(options, [groupId, 'nobody'], WITHIN_MS)
  expect([described.length, untold]).toEqual([1, []])
  const [group] = described
  expect(group).toMatchObject({ groupId, state: 'Stable', members: [{ memberId: member.memberId }] })
  expect(group!.members[0]!.assignment).toEqual({ [topic]: [0, 1] })
  expect(group!.partitions).toContainEqual({ topic, partition: 1, start: 1, lag: 2 })
})

test('what is not told in time is named', async () => {
  expect(await describeShareGroups(options, [groupId, 'nobody'], 0)).toEqual({
    described: [],
    untold: [groupId, 'nobody'],
  })
})
