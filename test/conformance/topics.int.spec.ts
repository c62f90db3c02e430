import { describe, expect, test } from 'vitest'
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

const kafka = kafkaUnderTest()
const { NONE } = ErrorCode
const Resource = { topic: 2, broker: 4, brokerLogger: 8, group: 32 } as const
const Source = { topic: 1, default: 5 } as const
const Operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

interface Wanted {
  readonly name?: string
  readonly partitions?: number
  readonly replicas?: number
  readonly configs?: Readonly<Record<string, string>>
  readonly validateOnly?: boolean
}

async function create(wanted: Wanted = {}) {
  const { name = kafka.name('topic'), partitions = 1, replicas = 1, configs = {}, validateOnly = false } = wanted
  const topic = {
    ...{ name, numPartitions: partitions, replicationFactor: replicas, assignments: [] },
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }
  return (await kafka.client.send(createTopics, 7, { topics: [topic], validateOnly })).topics[0]!
}

async function find(name: string, mayCreate = false) {
  const topics = [{ name, topicId: ZERO_UUID }]
  return (await kafka.client.send(metadata, 12, { topics, allowAutoTopicCreation: mayCreate })).topics[0]!
}

describe('names', () => {
  const bad = ['', '.', '..', 'with space', 'with/slash', 'ü', 'x'.repeat(250)]
  test.each(bad)('[46] %j is not one', async (name) => {
    expect((await create({ name })).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
    if (name !== '') expect((await find(name, true)).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  })

  test('[46] up to 249 letters, digits, dots, dashes and underscores are one', async () => {
    const name = kafka.name('A.b_c-1').padEnd(249, 'x')
    expect((await create({ name })).errorCode).toBe(NONE)
  })

  test('[46] that differ only in dots and underscores collide', async () => {
    const name = kafka.name('a.b')
    expect((await create({ name })).errorCode).toBe(NONE)
    const twin = await create({ name: name.replace('a.b', 'a_b') })
    expect(twin.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  })
})

describe('creating', () => {
  test('[47] -1 means the broker’s defaults, and the answer says what was made', async () => {
    const made = await create({ partitions: -1, replicas: -1, configs: { 'retention.ms': '1234567' } })
    expect(made).toMatchObject({ errorCode: NONE, replicationFactor: 1 })
    expect(made.numPartitions).toBeGreaterThanOrEqual(1)
    expect(made.topicId).not.toBe(ZERO_UUID)
    const retention = made.configs!.find(({ name }) => name === 'retention.ms')
    expect(retention).toMatchObject({ value: '1234567', configSource: Source.topic })
    expect(made.configs!.length).toBeGreaterThan(20)
  })

  test('[47] what is only validated is not made', async () => {
    const name = kafka.name('topic')
    expect((await create({ name, validateOnly: true })).errorCode).toBe(NONE)
    expect((await find(name)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  const refused: [string, Wanted, ErrorCode][] = [
    ['more replicas than brokers', { replicas: 9 }, ErrorCode.INVALID_REPLICATION_FACTOR],
    ['no replicas', { replicas: 0 }, ErrorCode.INVALID_REPLICATION_FACTOR],
    ['no partitions', { partitions: 0 }, ErrorCode.INVALID_PARTITIONS],
    ['a setting that there is not', { configs: { 'no.such.key': '1' } }, ErrorCode.INVALID_CONFIG],
    ['a value that is not one', { configs: { 'retention.ms': 'soon' } }, ErrorCode.INVALID_CONFIG],
  ]
  test.each(refused)('[47] with %s is refused', async (_what, wanted, errorCode) => {
    const name = kafka.name('topic')
    expect((await create({ ...wanted, name })).errorCode).toBe(errorCode)
    expect((await find(name)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  test('[47] a name that is taken is refused', async () => {
    const { name } = await create()
    expect((await create({ name })).errorCode).toBe(ErrorCode.TOPIC_ALREADY_EXISTS)
  })

  test('[47] by asking for it, where the client allows it', async () => {
    const name = kafka.name('topic')
    expect((await find(name, false)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    await find(name, true)
    await expect.poll(async () => (await find(name, false)).errorCode).toBe(NONE)
  })

  test('a topic made again under its name is another one', async () => {
    const topic = await kafka.topic()
    await kafka.append(topic, batch())
    await kafka.client.send(deleteTopics, 5, { topicNames: [topic.name], timeoutMs: 5000 })
    await expect.poll(async () => (await create({ name: topic.name })).errorCode).toBe(NONE)
    await kafka.isLed(topic.name, 1)
    const { topicId } = await find(topic.name)
    expect(topicId).not.toBe(topic.topicId)
    expect((await kafka.fetch({ name: topic.name, topicId }, 0)).highWatermark).toBe(0)
    expect((await kafka.fetch(topic, 0)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })
})

describe('deleting', () => {
  test('by name and by id, and what is not there is an error', async () => {
    const [one, other] = [await kafka.topic(), await kafka.topic()]
    const byId = { topics: [{ name: null, topicId: other.topicId }], timeoutMs: 5000 }
    const [first] = (await kafka.client.send(deleteTopics, 6, byId)).responses
    expect(first).toMatchObject({ errorCode: NONE, name: other.name })
    const names = { topicNames: [one.name, 'no-such-topic'], timeoutMs: 5000 }
    const { responses } = await kafka.client.send(deleteTopics, 5, names)
    expect(responses.map(({ name, errorCode }) => [name, errorCode]).sort()).toEqual(
      [
        [one.name, NONE],
        ['no-such-topic', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ].sort(),
    )
  })
})

describe('adding partitions', () => {
  const grow = async (name: string, count: number) => {
    const topics = [{ name, count, assignments: null }]
    const answer = await kafka.client.send(createPartitions, 3, { topics, timeoutMs: 5000, validateOnly: false })
    return answer.results[0]!.errorCode
  }

  test('only more than there are', async () => {
    const { name } = await kafka.topic({ partitions: 2 })
    expect(await grow(name, 4)).toBe(NONE)
    await kafka.isLed(name, 4)
    for (const count of [4, 1, 0, -1]) expect(await grow(name, count), `${count}`).toBe(ErrorCode.INVALID_PARTITIONS)
    expect(await grow('no-such-topic', 4)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })
})

describe('settings', () => {
  const describeResource = async (resourceType: number, resourceName: string, keys: string[] | null = null) => {
    const resources = [{ resourceType, resourceName, configurationKeys: keys }]
    return (await kafka.client.send(describeConfigs, 4, { resources, includeSynonyms: true })).results[0]!
  }
  const alter = async (name: string, key: string, configOperation: number, value: string | null, check = false) => {
    const configs = [{ name: key, configOperation, value }]
    const resources = [{ resourceType: Resource.topic, resourceName: name, configs }]
    const answer = await kafka.client.send(incrementalAlterConfigs, 1, { resources, validateOnly: check })
    return answer.responses[0]!.errorCode
  }
  const settingOf = async (topic: string, key: string) =>
    (await describeResource(Resource.topic, topic, [key])).configs[0]!.value

  test('[48] of a topic say where they come from, with every name they could come from', async () => {
    const { name } = await kafka.topic({ configs: { 'retention.ms': '5000' } })
    const { configs } = await describeResource(Resource.topic, name)
    const retention = configs.find((config) => config.name === 'retention.ms')!
    expect(retention).toMatchObject({ value: '5000', configSource: Source.topic, readOnly: false, isSensitive: false })
    expect(retention.synonyms[0]).toEqual({ name: 'retention.ms', value: '5000', source: Source.topic })
    const size = configs.find((config) => config.name === 'max.message.bytes')!
    expect(size).toMatchObject({ value: '1048588', configSource: Source.default })
    expect(size.synonyms).toContainEqual({ name: 'message.max.bytes', value: '1048588', source: Source.default })
  })

  test('[48] can be asked for by name, and unknown names are left out', async () => {
    const { name } = await kafka.topic()
    const { configs } = await describeResource(Resource.topic, name, ['segment.bytes', 'no.such.key'])
    expect(configs.map((config) => config.name)).toEqual(['segment.bytes'])
  })

  test('[48] of the broker are described too', async () => {
    const [broker] = (await kafka.client.send(metadata, 12, { topics: [] })).brokers
    const { errorCode, configs } = await describeResource(Resource.broker, `${broker!.nodeId}`)
    expect(errorCode).toBe(NONE)
    const names = configs.map(({ name }) => name)
    for (const expected of ['log.retention.ms', 'num.partitions', 'message.max.bytes', 'log.segment.bytes']) {
      expect(names).toContain(expected)
    }
  })

  test('[48] of what does not exist are an error of that resource', async () => {
    const topic = await describeResource(Resource.topic, 'no-such-topic')
    expect(topic.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect((await describeResource(Resource.broker, '4711')).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    expect((await describeResource(Resource.group, kafka.name('group'))).errorCode).toBe(NONE)
  })

  test('[48] are set and taken back one by one', async () => {
    const { name } = await kafka.topic({ configs: { 'retention.bytes': '100000' } })
    expect(await alter(name, 'retention.ms', Operation.set, '7000')).toBe(NONE)
    await expect.poll(() => settingOf(name, 'retention.ms')).toBe('7000')
    expect(await settingOf(name, 'retention.bytes')).toBe('100000')
    expect(await alter(name, 'retention.ms', Operation.delete, null)).toBe(NONE)
    await expect.poll(() => settingOf(name, 'retention.ms')).toBe('604800000')
  })

  test('[48] that are lists grow and shrink by their entries', async () => {
    const { name } = await kafka.topic()
    expect(await alter(name, 'cleanup.policy', Operation.append, 'compact')).toBe(NONE)
    await expect.poll(() => settingOf(name, 'cleanup.policy')).toBe('delete,compact')
    expect(await alter(name, 'cleanup.policy', Operation.subtract, 'delete')).toBe(NONE)
    await expect.poll(() => settingOf(name, 'cleanup.policy')).toBe('compact')
    expect(await alter(name, 'retention.ms', Operation.append, '1')).toBe(ErrorCode.INVALID_CONFIG)
  })

  test('[48] that are unknown or wrong are refused, and what is only validated does nothing', async () => {
    const { name } = await kafka.topic()
    expect(await alter(name, 'no.such.key', Operation.set, '1')).toBe(ErrorCode.INVALID_CONFIG)
    expect(await alter(name, 'retention.ms', Operation.set, 'soon')).toBe(ErrorCode.INVALID_CONFIG)
    expect(await alter(name, 'retention.ms', Operation.set, '9', true)).toBe(NONE)
    expect(await settingOf(name, 'retention.ms')).toBe('604800000')
    const missing = await alter('no-such-topic', 'retention.ms', Operation.set, '1')
    expect(missing).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })
})
