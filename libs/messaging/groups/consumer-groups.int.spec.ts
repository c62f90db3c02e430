import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consumerGroupHeartbeat, ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import { until } from '../../../test/support/until.ts'
import { type BrokerProcess, startBroker } from '../../testing/broker-process.ts'
import { type KafkaOptions, kafkaClient } from '../kafka-client.ts'
import { Cluster } from '../producer/cluster.ts'
import { describeConsumerGroups } from './consumer-groups.ts'
import { listGroups } from './list-groups.ts'

/** The Kafka that `KAFKA_BROKERS` names, or the bundled broker. */
const given = process.env.KAFKA_BROKERS?.split(',')
const TIMING = { connectMs: 1_000, requestMs: 10_000, retriesMs: [], metadataMs: 0 }
const topic = `jobs-${randomUUID()}`
const name = (group: string) => `${group}-${topic}`

let bundled: BrokerProcess | undefined
let options: KafkaOptions
let cluster: Cluster
beforeAll(async () => {
  if (given === undefined) bundled = await startBroker()
  options = { brokers: given ?? [bundled!.brokers], clientId: 'test' }
  cluster = new Cluster(options, TIMING)
  const admin = kafkaClient(options, 'briefly').admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] })
  await admin.disconnect()
})
afterAll(async () => {
  cluster.close()
  await bundled?.close()
})

test('groups of the classic protocol, with members or without, and what they have committed', async () => {
  const consumer = kafkaClient(options, 'briefly').consumer({ groupId: name('reading'), maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic })
  const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()))
  await consumer.run({ eachMessage: async () => {} })
  await joined
  const admin = kafkaClient(options, 'briefly').admin()
  await admin.connect()
  await admin.setOffsets({ groupId: name('left'), topic, partitions: [{ partition: 1, offset: '7' }] })
  await admin.disconnect()

  const listed = (await listGroups(options)).filter(({ groupId }) => groupId.endsWith(topic))
  expect(listed.map(({ groupId }) => groupId).sort()).toEqual([name('left'), name('reading')])
  const groups = await describeConsumerGroups(options, 'classic', ['left', 'nobody', 'reading'].map(name))
  expect(groups.map(({ groupId }) => groupId)).toEqual([name('left'), name('reading')])
  const [left, reading] = groups
  expect(left).toMatchObject({ state: 'Empty', members: [], partitions: [{ topic, partition: 1, offset: 7 }] })
  expect(reading).toMatchObject({ state: 'Stable', members: [{ assignment: { [topic]: [0, 1] } }], partitions: [] })
  await consumer.disconnect()
})

test('a group of the consumer protocol', async () => {
  const groupId = name('sharing')
  const connection = await cluster.anyConnection()
  const member = { groupId, memberId: randomUUID(), rackId: null, rebalanceTimeoutMs: 60_000 }
  const subscribed = { subscribedTopicNames: [topic], subscribedTopicRegex: null, topicPartitions: [] }
  const joined = await until('the group to take a member', async () => {
    // Kafka makes the topic of its coordinators when somebody looks for one, and takes its time to load it.
    await connection.request(findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] })
    const request = { ...member, ...subscribed, memberEpoch: 0, instanceId: null, serverAssignor: null }
    const answer = await connection.request(consumerGroupHeartbeat, 1, request)
    return answer.errorCode === ErrorCode.NONE ? answer : undefined
  })
  expect(joined.memberEpoch).toBeGreaterThan(0)
  expect(await listGroups(options)).toContainEqual({ groupId, type: 'consumer', protocolType: 'consumer' })
  const [group, ...others] = await describeConsumerGroups(options, 'consumer', [groupId, name('nobody')])
  expect(others).toEqual([])
  expect(group).toMatchObject({ groupId, members: [{ assignment: { [topic]: [0, 1] } }], partitions: [] })
})
