import { expect, test } from 'vitest'
import {
  createPartitions,
  createTopics,
  deleteTopics,
  describeConfigs,
  ErrorCode,
  incrementalAlterConfigs,
  metadata,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import { batch } from './batch.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'
import type { ProtocolClient } from './protocol-client.ts'

/** Several administrators at once, each with a connection of its own. */
const kafka = kafkaUnderTest()
const { NONE, INVALID_PARTITIONS } = ErrorCode
const TOPIC = 2
const SET = 0

const connections = (count: number) => Promise.all(Array.from({ length: count }, () => kafka.connect()))

const find = async (name: string, mayCreate = false, client = kafka.client) => {
  const topics = [{ name, topicId: ZERO_UUID }]
  return (await client.send(metadata, 12, { topics, allowAutoTopicCreation: mayCreate })).topics[0]!
}

const grow = async (client: ProtocolClient, name: string, count: number) => {
  const topics = [{ name, count, assignments: null }]
  const answer = await client.send(createPartitions, 3, { topics, timeoutMs: 10_000, validateOnly: false })
  return answer.results[0]!.errorCode
}

const set = async (client: ProtocolClient, name: string, key: string, value: string) => {
  const configs = [{ name: key, configOperation: SET, value }]
  const resources = [{ resourceType: TOPIC, resourceName: name, configs }]
  const answer = await client.send(incrementalAlterConfigs, 1, { resources, validateOnly: false })
  return answer.responses[0]!.errorCode
}

test('of four that grow a topic from 10 to 20 at once one does, and all partitions take records', async () => {
  const clients = await connections(4)
  for (let round = 0; round < 6; round++) {
    const topic = await kafka.topic({ partitions: 10 })
    const errors = await Promise.all(clients.map((client) => grow(client, topic.name, 20)))
    expect(errors.sort()).toEqual([NONE, INVALID_PARTITIONS, INVALID_PARTITIONS, INVALID_PARTITIONS])
    await kafka.isLed(topic.name, 20)
    const appended = Array.from({ length: 20 }, (_, partition) => kafka.append(topic, batch(), { partition }))
    expect((await Promise.all(appended)).map(({ errorCode }) => errorCode)).toEqual(appended.map(() => NONE))
  }
})

test('settings that several set at once are all set, and the topic grows meanwhile', async () => {
  const [one, other, third] = await connections(3)
  for (let round = 1; round <= 4; round++) {
    const { name } = await kafka.topic({ partitions: 1 })
    const outcomes = await Promise.all([
      set(one!, name, 'retention.ms', `${round}00000`),
      grow(third!, name, 5),
      set(other!, name, 'segment.ms', `${round}00001`),
    ])
    expect(outcomes).toEqual([NONE, NONE, NONE])
    await kafka.isLed(name, 5)
    const resources = [{ resourceType: TOPIC, resourceName: name, configurationKeys: ['retention.ms', 'segment.ms'] }]
    const values = async () => {
      const { results } = await kafka.client.send(describeConfigs, 4, { resources })
      return results[0]!.configs.map((config) => config.value).sort()
    }
    await expect.poll(values).toEqual([`${round}00000`, `${round}00001`])
  }
})

test('a topic that is deleted, created, asked for and grown at once ends as one that takes records', async () => {
  const clients = await connections(5)
  for (let round = 0; round < 6; round++) {
    const { name } = await kafka.topic({ partitions: 3 })
    await kafka.append({ name, topicId: '' }, batch())
    const topics = [{ ...{ name, numPartitions: 3, replicationFactor: 1, assignments: [] }, configs: [] }]
    await Promise.all([
      clients[0]!.send(deleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 }),
      clients[1]!.send(createTopics, 7, { topics }),
      find(name, true, clients[2]!),
      grow(clients[3]!, name, 6),
      set(clients[4]!, name, 'retention.ms', '1000000'),
    ])
    await expect.poll(async () => (await find(name, true)).errorCode, { timeout: 10_000 }).toBe(NONE)
    const { topicId, partitions } = await find(name)
    await kafka.isLed(name, partitions.length)
    for (const { partitionIndex: partition } of partitions) {
      const { errorCode, baseOffset } = await kafka.append({ name, topicId }, batch(), { partition })
      expect([errorCode, baseOffset]).toEqual([NONE, 0])
    }
  }
})
