import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BrokerProcess, startBroker } from '../testing/broker-process.ts'
import { type KafkaOptions, kafkaClient } from './kafka-client.ts'
import { topicOffsets } from './topic-offsets.ts'

/** The Kafka that `KAFKA_BROKERS` names, or the bundled broker. */
const given = process.env.KAFKA_BROKERS?.split(',')
const MANY = 100
const topics = Array.from({ length: MANY }, () => `offsets-${randomUUID()}`)

let bundled: BrokerProcess | undefined
let options: KafkaOptions
beforeAll(async () => {
  if (given === undefined) bundled = await startBroker()
  options = { brokers: given ?? [bundled!.brokers], clientId: 'test' }
})
afterAll(() => bundled?.close())

test('many topics have the offsets that were asked for, and one that is not there is left out', async () => {
  const kafka = kafkaClient(options, 'briefly')
  const [admin, producer] = [kafka.admin(), kafka.producer()]
  await Promise.all([admin.connect(), producer.connect()])
  try {
    await admin.createTopics({ waitForLeaders: true, topics: topics.map((topic) => ({ topic, numPartitions: 2 })) })
    const messages = ['a', 'b', 'c'].map((value) => ({ value, partition: 1 }))
    await producer.send({ topic: topics[0]!, messages })
    // The client deletes only where it knows the leaders already.
    await admin.fetchTopicOffsets(topics[0]!)
    await admin.deleteTopicRecords({ topic: topics[0]!, partitions: [{ partition: 1, offset: '2' }] })

    const found = await topicOffsets(options, [...topics, 'nobody-made-this'])
    expect([...found.keys()].sort()).toEqual([...topics].sort())
    const empty = { earliest: 0, latest: 0 }
    expect(found.get(topics[0]!)).toEqual([
      { partition: 0, ...empty },
      { partition: 1, earliest: 2, latest: 3 },
    ])
    for (const topic of topics.slice(1))
      expect(found.get(topic)).toEqual([0, 1].map((partition) => ({ partition, ...empty })))
  } finally {
    await admin.deleteTopics({ topics })
    await Promise.all([admin.disconnect(), producer.disconnect()])
  }
})
