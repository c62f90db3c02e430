import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alterShareGroupOffsets, ErrorCode, findCoordinator, shareGroupHeartbeat } from '#libs/kafka-protocol'
import { until } from '../../../test/support/until.ts'
import { type BrokerProcess, startBroker } from '../../testing/broker-process.ts'
import { type KafkaOptions, kafkaClient } from '../kafka-client.ts'
import { Cluster } from '../producer/cluster.ts'
import { readPositions, resetPositions } from './positions.ts'

/** The Kafka that `KAFKA_BROKERS` names, or the bundled broker. */
const given = process.env.KAFKA_BROKERS?.split(',')
const TIMING = { connectMs: 1_000, requestMs: 10_000, retriesMs: [], metadataMs: 0 }
const topic = `jobs-${randomUUID()}`
const [reading, sharing] = [`reading-${topic}`, `sharing-${topic}`]

let bundled: BrokerProcess | undefined
let options: KafkaOptions
let cluster: Cluster
beforeAll(async () => {
  if (given === undefined) bundled = await startBroker()
  options = { brokers: given ?? [bundled!.brokers], clientId: 'test' }
  cluster = new Cluster(options, TIMING)
  const kafka = kafkaClient(options, 'briefly')
  const [admin, producer] = [kafka.admin(), kafka.producer()]
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] })
  await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value, partition: 1 })) })
  await Promise.all([admin.disconnect(), producer.disconnect()])
})
afterAll(async () => {
  cluster.close()
  await bundled?.close()
})

/** A member that was killed: the broker believes in it until its session ends. */
const shareAndDie = async (): Promise<void> => {
  const connection = await cluster.anyConnection()
  await until('a share group', async () => {
    await connection.request(findCoordinator, 4, { keyType: 0, coordinatorKeys: [sharing] })
    const partitions = [{ partitionIndex: 1, startOffset: 2 }]
    const request = { groupId: sharing, topics: [{ topicName: topic, partitions }] }
    return (await connection.request(alterShareGroupOffsets, 0, request)).errorCode === ErrorCode.NONE || undefined
  })
  const member = { groupId: sharing, memberId: randomUUID(), rackId: null, subscribedTopicNames: [topic] }
  await connection.request(shareGroupHeartbeat, 1, { ...member, memberEpoch: 0 })
}

const readAll = async (): Promise<void> => {
  const consumer = kafkaClient(options, 'briefly').consumer({ groupId: reading, maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const all = Promise.withResolvers<void>()
  await consumer.run({ eachMessage: async ({ message: { offset } }) => (offset === '2' ? all.resolve() : undefined) })
  await all.promise
  await consumer.stop()
  await consumer.disconnect()
}

test('groups go on where they stood before, also those whose members were killed, and no further than topics reach', async () => {
  await readAll()
  await shareAndDie()
  const ours = async () => {
    const { groups, ends } = await readPositions(options)
    expect(ends).toContainEqual({ topic, partition: 1, offset: 3 })
    return Object.fromEntries(
      groups.flatMap(({ groupId, at }) =>
        [reading, sharing].includes(groupId) ? [[groupId, at.find(({ partition }) => partition === 1)?.offset]] : [],
      ),
    )
  }
  expect(await ours()).toEqual({ [reading]: 3, [sharing]: 2 })
  const back = (groupId: string, type: 'classic' | 'share', offset: number) => ({
    ...{ groupId, type },
    at: [
      { topic, partition: 1, offset },
      { topic: 'gone', partition: 0, offset: 5 },
    ],
  })
  await resetPositions(options, [back(reading, 'classic', 1), back(sharing, 'share', 0)])
  expect(await ours()).toEqual({ [reading]: 1, [sharing]: 0 })
  await resetPositions(options, [back(reading, 'classic', 99)])
  expect(await ours()).toMatchObject({ [reading]: 3 })
})
