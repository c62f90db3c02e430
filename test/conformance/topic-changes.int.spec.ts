import { expect, test } from 'vitest'
import {
  createPartitions,
  createTopics,
  deleteTopics,
  describeConfigs,
  ErrorCode,
  incrementalAlterConfigs,
} from '#libs/kafka-protocol'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'

/** Several admin clients at once, each on a connection of its own, as services that start together are. */

const kafka = kafkaUnderTest()
const CLIENTS = 4
const ROUNDS = 5
const clients = () => Promise.all(Array.from({ length: CLIENTS }, () => kafka.connect()))

const takesRecords = async (topic: TestTopic, partitions: number) => {
  await kafka.isLed(topic.name, partitions)
  const records = () => testBatch({ values: ['v'] })
  const answers = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => kafka.append(topic, records(), { partition })),
  )
  expect(answers.map(({ errorCode }) => errorCode)).toEqual(Array(partitions).fill(0))
}

test('a topic that four clients grow at once grows once, and its new partitions take records', async () => {
  const admins = await clients()
  for (let round = 0; round < ROUNDS; round++) {
    const topic = await kafka.topic({ partitions: 10 })
    const request = { topics: [{ name: topic.name, count: 20, assignments: null }], timeoutMs: 10_000 }
    const answers = await Promise.all(
      admins.map((admin) => admin.send(createPartitions, 3, { ...request, validateOnly: false })),
    )
    const codes = answers.map(({ results }) => results[0]!.errorCode).sort((a, b) => a - b)
    expect(codes).toEqual([0, ...Array(CLIENTS - 1).fill(ErrorCode.INVALID_PARTITIONS)])
    await takesRecords(topic, 20)
  }
})

test('settings that several clients change at once are all there', async () => {
  const topic = await kafka.topic()
  const settings = {
    'retention.ms': '123456789',
    'segment.bytes': '12345678',
    'max.message.bytes': '234567',
    'min.cleanable.dirty.ratio': '0.25',
  }
  const admins = await clients()
  await Promise.all(
    Object.entries(settings).map(([name, value], i) =>
      admins[i]!.send(incrementalAlterConfigs, 1, {
        resources: [{ resourceType: 2, resourceName: topic.name, configs: [{ name, configOperation: 0, value }] }],
        validateOnly: false,
      }),
    ),
  )
  const described = async () => {
    const { results } = await kafka.client.send(describeConfigs, 4, {
      resources: [{ resourceType: 2, resourceName: topic.name, configurationKeys: Object.keys(settings) }],
      ...{ includeSynonyms: false, includeDocumentation: false },
    })
    return Object.fromEntries(results[0]!.configs.map(({ name, value }) => [name, value]))
  }
  await expect.poll(described, { timeout: 10_000 }).toEqual(settings)
})

test('a topic that is deleted while others create it anew is there or not, and usable when it is', async () => {
  const admins = await clients()
  for (let round = 0; round < ROUNDS; round++) {
    const { name } = await kafka.topic({ partitions: 3 })
    const remove = (i: number) =>
      admins[i]!.send(deleteTopics, 6, { topics: [{ name, topicId: '0'.repeat(32) }], timeoutMs: 10_000 })
    const create = (i: number) =>
      admins[i]!.send(createTopics, 7, {
        topics: [{ name, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }],
        ...{ timeoutMs: 10_000, validateOnly: false },
      })
    await Promise.all([remove(0), create(1), create(2), remove(3)])
    const codes = (await create(0)).topics.map(({ errorCode }) => errorCode)
    expect([ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS]).toContain(codes[0])
    await takesRecords({ name, topicId: '' }, 3)
  }
})
