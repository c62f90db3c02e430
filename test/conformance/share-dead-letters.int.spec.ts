import { describe, expect, test } from 'vitest'
import {
  apiVersions,
  describeConfigs,
  describeShareGroupOffsets,
  ErrorCode,
  incrementalAlterConfigs,
  readRecords,
  rewriteBatch,
} from '#libs/kafka-protocol'
import { until } from '../support/until.ts'
import { batch } from './batch.ts'
import { deadLettersOn, deadLetterTopic, TAKES_DEAD_LETTERS } from './dead-letters.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { AcknowledgeType, earliestGroup, ShareMember } from './share-member.ts'

const kafka = kafkaUnderTest()
const { accept, release, reject } = AcknowledgeType
const GZIP = 1

async function topicWith(...records: NonNullable<Parameters<typeof batch>[0]>): Promise<TestTopic> {
  const topic = await kafka.topic()
  await kafka.append(topic, batch(records))
  return topic
}

const groupWith = (deadLetters: string, settings: Record<string, string> = {}) =>
  earliestGroup(kafka, { 'errors.deadletterqueue.topic.name': deadLetters, ...settings })

/** So many dead letters, as soon as they are there, in order. */
function lettersOn(topic: TestTopic, count: number, partition = 0) {
  return until(`${count} dead letters`, async () => {
    const found = await deadLettersOn(kafka, topic, partition)
    return found.length >= count ? found : undefined
  })
}

/** The headers of a dead letter, in their order. */
const headersFor = (topic: TestTopic, groupId: string, offset: number, deliveries: number, message: string) => [
  ['__dlq.errors.topic', topic.name],
  ['__dlq.errors.partition', '0'],
  ['__dlq.errors.offset', String(offset)],
  ['__dlq.errors.group', groupId],
  ['__dlq.errors.delivery.count', String(deliveries)],
  ['__dlq.errors.message', message],
]
const REJECTED = 'Offset rejected by client.'
const TOO_OFTEN = 'Offset delivery count exceeded the threshold.'

/** Where the group begins, which Kafka says as of the last change before. */
async function startOf(groupId: string, topic: TestTopic): Promise<number> {
  const topics = [{ topicName: topic.name, partitions: [0] }]
  const { groups } = await kafka.client.send(describeShareGroupOffsets, 1, { groups: [{ groupId, topics }] })
  return groups[0]!.topics[0]!.partitions[0]!.startOffset
}

async function endOf(topic: TestTopic): Promise<number> {
  return (await kafka.fetch(topic, 0)).highWatermark
}

test('groups have dead letter topics from share.version 2 on', async () => {
  const request = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const { finalizedFeatures } = await kafka.client.send(apiVersions, 4, request)
  expect(finalizedFeatures).toContainEqual(
    expect.objectContaining({ name: 'share.version', maxVersionLevel: 2, minVersionLevel: 2 }),
  )
})

test('the dead letter topic of a group is no internal one', async () => {
  const configs = [{ name: 'errors.deadletterqueue.topic.name', value: '__dlq', configOperation: 0 }]
  const resources = [{ resourceType: 32, resourceName: kafka.name('share'), configs }]
  const { responses } = await kafka.client.send(incrementalAlterConfigs, 1, { resources, validateOnly: true })
  expect(responses).toMatchObject([{ errorCode: ErrorCode.INVALID_CONFIG }])
})

describe('a dead letter', () => {
  test('is written for what a member rejects, and says where it was and why', async () => {
    const topic = await topicWith('a', 'b', 'c')
    const letters = await deadLetterTopic(kafka)
    const groupId = await groupWith(letters.name)
    const member = await ShareMember.joined(kafka, groupId, topic)
    await member.receive(topic)
    expect(await member.acknowledge(topic, [0, 2, reject, accept, reject])).toBe(ErrorCode.NONE)
    expect(await lettersOn(letters, 2)).toEqual([
      { key: null, value: null, headers: headersFor(topic, groupId, 0, 1, REJECTED) },
      { key: null, value: null, headers: headersFor(topic, groupId, 2, 1, REJECTED) },
    ])
    await kafka.append(topic, batch(['d']))
    expect(await member.receive(topic)).toMatchObject({ values: ['d'], acquired: [[3, 3, 1]] })
  })

  test('is written for what was delivered too often', async () => {
    const topic = await topicWith('a')
    const letters = await deadLetterTopic(kafka)
    const groupId = await groupWith(letters.name, { 'share.delivery.count.limit': '2' })
    const member = await ShareMember.joined(kafka, groupId, topic)
    for (let delivery = 1; delivery <= 2; delivery++) {
      expect((await member.receive(topic)).acquired).toEqual([[0, 0, delivery]])
      expect(await member.acknowledge(topic, [0, 0, release])).toBe(ErrorCode.NONE)
    }
    expect(await lettersOn(letters, 1)).toEqual([
      { key: null, value: null, headers: headersFor(topic, groupId, 0, 2, TOO_OFTEN) },
    ])
  })

  test('is written for what a member held too often when its session ended', async () => {
    const topic = await topicWith('a')
    const letters = await deadLetterTopic(kafka)
    const groupId = await groupWith(letters.name, { 'share.delivery.count.limit': '2' })
    const member = await ShareMember.joined(kafka, groupId, topic)
    for (let delivery = 1; delivery <= 2; delivery++) {
      await member.receive(topic)
      await member.acknowledgeAll(topic, [], { epoch: -1 })
    }
    expect(await lettersOn(letters, 1)).toMatchObject([{ headers: headersFor(topic, groupId, 0, 2, TOO_OFTEN) }])
  })

  test('has key and value, and not the headers, where the group wants a copy', async () => {
    const topic = await topicWith({ key: 'k', value: 'v' }, { key: null, value: 'w' }, { key: 'l', value: null })
    const compressed = batch([{ key: 'z', value: 'x'.repeat(1000) }, 'y'])
    await kafka.append(topic, rewriteBatch(compressed, readRecords(compressed), { compression: GZIP }))
    const letters = await deadLetterTopic(kafka)
    const groupId = await groupWith(letters.name, { 'errors.deadletterqueue.copy.record.enable': 'true' })
    const member = await ShareMember.joined(kafka, groupId, topic)
    await until('all records', async () => {
      const { acquired } = await member.receive(topic)
      return acquired.at(-1)![1] === 4 || undefined
    })
    expect(await member.acknowledge(topic, [0, 4, reject])).toBe(ErrorCode.NONE)
    const found = await lettersOn(letters, 5)
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      ['k', 'v'],
      [null, 'w'],
      ['l', null],
      ['z', 'x'.repeat(1000)],
      [null, 'y'],
    ])
    expect(found[3]!.headers).toEqual(headersFor(topic, groupId, 3, 1, REJECTED))
  })

  test('goes to the partition of its number, as far as there are such', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    for (const partition of [0, 1, 2]) await kafka.append(topic, batch([`of ${partition}`]), { partition })
    const letters = await deadLetterTopic(kafka, 2)
    const groupId = await groupWith(letters.name, { 'errors.deadletterqueue.copy.record.enable': 'true' })
    const member = await ShareMember.joined(kafka, groupId, topic, 3)
    for (const partition of [0, 1, 2]) {
      await member.receive(topic, { partition })
      await member.acknowledgeAll(topic, [[0, 0, reject]], { partition })
    }
    expect((await lettersOn(letters, 1, 1)).map(({ value }) => value)).toEqual(['of 1'])
    expect((await lettersOn(letters, 2)).map(({ value }) => value).sort()).toEqual(['of 0', 'of 2'])
  })
})

describe('no dead letter is written, and the record is archived all the same,', () => {
  async function rejectedWith(deadLetters: string): Promise<void> {
    const topic = await topicWith('a')
    const groupId = await groupWith(deadLetters)
    const member = await ShareMember.joined(kafka, groupId, topic)
    await member.receive(topic)
    expect(await member.acknowledge(topic, [0, 0, reject])).toBe(ErrorCode.NONE)
    await until('a start behind what was rejected', async () => {
      await kafka.append(topic, batch(['b']))
      const { acquired } = await member.receive(topic)
      for (const [first, last] of acquired) await member.acknowledge(topic, [first, last, accept])
      return (await startOf(groupId, topic)) > 0 || undefined
    })
  }

  test('where the topic does not allow it', async () => {
    const letters = await kafka.topic({ prefix: 'dlq.closed' })
    await rejectedWith(letters.name)
    expect(await endOf(letters)).toBe(0)
  })

  test('where its name does not begin as such names do', async () => {
    const letters = await kafka.topic({ prefix: 'letters', configs: TAKES_DEAD_LETTERS })
    await rejectedWith(letters.name)
    expect(await endOf(letters)).toBe(0)
  })

  test('where there is no such topic', () => rejectedWith(kafka.name('dlq.missing')))
})

test('a dead letter topic is created where the broker may', async () => {
  const name = 'errors.deadletterqueue.auto.create.topics.enable'
  const allow = async (value: string | null) => {
    const configs = [{ name, value, configOperation: value === null ? 1 : 0 }]
    const resources = [{ resourceType: 4, resourceName: '', configs }]
    const { responses } = await kafka.client.send(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    expect(responses).toMatchObject([{ errorCode: ErrorCode.NONE }])
  }
  await allow('true')
  try {
    const topic = await topicWith('a')
    const letters = kafka.name('dlq.created')
    const member = await ShareMember.joined(kafka, await groupWith(letters), topic)
    await member.receive(topic)
    expect(await member.acknowledge(topic, [0, 0, reject])).toBe(ErrorCode.NONE)
    await until('the settings of the topic', async () => {
      const resources = [{ resourceType: 2, resourceName: letters, configurationKeys: Object.keys(TAKES_DEAD_LETTERS) }]
      const { results } = await kafka.client.send(describeConfigs, 4, { resources })
      return results[0]!.configs[0]?.value === 'true' || undefined
    })
  } finally {
    await allow(null)
  }
})
