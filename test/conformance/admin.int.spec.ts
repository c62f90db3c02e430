import { describe, expect, test } from 'vitest'
import {
  alterConfigs,
  alterPartitionReassignments,
  describeCluster,
  describeConfigs,
  describeLogDirs,
  describeTopicPartitions,
  ErrorCode,
  electLeaders,
  incrementalAlterConfigs,
  listConfigResources,
  listPartitionReassignments,
  metadata,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import { batch } from './batch.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()

const Type = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
const Source = { topic: 1, broker: 2, cluster: 3, static: 4, default: 5 } as const
const Operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

async function nodeId(): Promise<number> {
  return (await kafka.client.send(describeCluster, 1, { includeClusterAuthorizedOperations: false })).controllerId
}

async function describeOf(resourceType: number, resourceName: string, keys: readonly string[] | null = null) {
  const resources = [{ resourceType, resourceName, configurationKeys: keys }]
  const request = { resources, includeSynonyms: true, includeDocumentation: true }
  const result = (await kafka.client.send(describeConfigs, 4, request)).results[0]!
  return { ...result, config: (name: string) => result.configs.find((config) => config.name === name) }
}

type Change = readonly [name: string, operation: keyof typeof Operation, value: string | null]

async function change(resourceType: number, resourceName: string, changes: readonly Change[], validateOnly = false) {
  const configs = changes.map(([name, operation, value]) => ({ name, configOperation: Operation[operation], value }))
  const resources = [{ resourceType, resourceName, configs }]
  return (await kafka.client.send(incrementalAlterConfigs, 1, { resources, validateOnly })).responses[0]!.errorCode
}

async function replace(resourceType: number, resourceName: string, values: Record<string, string | null>) {
  const configs = Object.entries(values).map(([name, value]) => ({ name, value }))
  const request = { resources: [{ resourceType, resourceName, configs }], validateOnly: false }
  return (await kafka.client.send(alterConfigs, 2, request)).responses[0]!.errorCode
}

describe("a topic's settings", () => {
  const configOf = async (name: string, key: string) => (await describeOf(Type.topic, name, [key])).config(key)!

  test('say where they come from', async () => {
    const { name } = await kafka.topic({ configs: { 'max.message.bytes': '2000' } })
    const own = await configOf(name, 'max.message.bytes')
    expect(own).toMatchObject({ value: '2000', configSource: Source.topic, readOnly: false, isSensitive: false })
    expect(own.synonyms).toEqual([
      { name: 'max.message.bytes', value: '2000', source: Source.topic },
      { name: 'message.max.bytes', value: '1048588', source: Source.default },
    ])
    expect(own.documentation).toMatch(/\w/)
    const inherited = await configOf(name, 'cleanup.policy')
    expect(inherited).toMatchObject({ value: 'delete', configSource: Source.default, configType: 7 })
    expect(inherited.synonyms).toEqual([{ name: 'log.cleanup.policy', value: 'delete', source: Source.default }])
    expect(await configOf(name, 'retention.ms')).toMatchObject({ value: '604800000', configType: 5 })
    expect(await configOf(name, 'min.cleanable.dirty.ratio')).toMatchObject({ value: '0.5', configType: 6 })
    expect(await configOf(name, 'max.compaction.lag.ms')).toMatchObject({ value: '9223372036854775807' })
  })

  test('are set, deleted, appended to and subtracted from', async () => {
    const { name } = await kafka.topic()
    const policy = async () => (await configOf(name, 'cleanup.policy')).value
    expect(await change(Type.topic, name, [['cleanup.policy', 'append', 'compact']])).toBe(0)
    expect((await policy())!.split(',').sort()).toEqual(['compact', 'delete'])
    expect(await change(Type.topic, name, [['cleanup.policy', 'append', 'compact']])).toBe(0)
    expect((await policy())!.split(',').sort()).toEqual(['compact', 'delete'])
    expect(await change(Type.topic, name, [['cleanup.policy', 'subtract', 'delete']])).toBe(0)
    expect(await policy()).toBe('compact')
    expect(await change(Type.topic, name, [['cleanup.policy', 'delete', null]])).toBe(0)
    expect(await policy()).toBe('delete')
    await change(Type.topic, name, [['retention.ms', 'set', '5000']])
    expect(await replace(Type.topic, name, { 'max.message.bytes': '3000' })).toBe(0)
    expect(await configOf(name, 'max.message.bytes')).toMatchObject({ value: '3000' })
    expect(await configOf(name, 'retention.ms')).toMatchObject({ value: '604800000', configSource: Source.default })
  })

  test('take effect', async () => {
    const topic = await kafka.topic()
    expect(await change(Type.topic, topic.name, [['max.message.bytes', 'set', '100']])).toBe(0)
    const outcome = async () => (await kafka.append(topic, batch(['x'.repeat(200)]))).errorCode
    await expect.poll(outcome).toBe(ErrorCode.MESSAGE_TOO_LARGE)
    expect(await change(Type.topic, topic.name, [['max.message.bytes', 'delete', null]])).toBe(0)
    await expect.poll(outcome).toBe(0)
    // More than there are replicas is as many as there are.
    expect(await change(Type.topic, topic.name, [['min.insync.replicas', 'set', '2']])).toBe(0)
    expect(await outcome()).toBe(0)
  })

  test('can be tried without changing anything', async () => {
    const { name } = await kafka.topic()
    expect(await change(Type.topic, name, [['retention.ms', 'set', '5000']], true)).toBe(0)
    expect(await change(Type.topic, name, [['retention.ms', 'set', 'soon']], true)).toBe(ErrorCode.INVALID_CONFIG)
    expect(await configOf(name, 'retention.ms')).toMatchObject({ value: '604800000' })
  })

  test('are refused where they make no sense', async () => {
    const { name } = await kafka.topic()
    const { INVALID_CONFIG, INVALID_REQUEST } = ErrorCode
    const cases: [Change[], number][] = [
      [[['no.such', 'set', '1']], INVALID_CONFIG],
      [[['retention.ms', 'set', 'x']], INVALID_CONFIG],
      [[['retention.ms', 'append', '5']], INVALID_CONFIG],
      [[['cleanup.policy', 'set', 'shred']], INVALID_CONFIG],
      [[['retention.ms', 'set', null]], INVALID_REQUEST],
      [
        [
          ['retention.ms', 'set', '1'],
          ['retention.ms', 'set', '2'],
        ],
        INVALID_REQUEST,
      ],
    ]
    for (const [changes, errorCode] of cases)
      expect(await change(Type.topic, name, changes), `${changes}`).toBe(errorCode)
    expect(await replace(Type.topic, name, { 'retention.ms': null })).toBe(INVALID_REQUEST)
    expect(
      (await describeOf(Type.topic, name)).configs.every(({ configSource }) => configSource !== Source.topic),
    ).toBe(true)
  })

  test('belong to a topic that exists', async () => {
    const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const name = kafka.name('nowhere')
    expect(await change(Type.topic, name, [['retention.ms', 'set', '1']])).toBe(unknown)
    expect((await describeOf(Type.topic, name)).errorCode).toBe(unknown)
    expect(await change(Type.topic, 'a b', [['retention.ms', 'set', '1']])).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
    expect((await describeOf(Type.topic, 'a b')).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
    expect(await change(Type.topic, '', [['retention.ms', 'set', '1']])).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('a resource is named once', async () => {
    const { name } = await kafka.topic()
    const configs = [{ name: 'retention.ms', configOperation: 0, value: '1' }]
    const resource = { resourceType: Type.topic, resourceName: name, configs }
    const request = { resources: [resource, resource], validateOnly: false }
    const { responses } = await kafka.client.send(incrementalAlterConfigs, 1, request)
    for (const { errorCode } of responses) expect(errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('only those that are asked for are answered', async () => {
    const { name } = await kafka.topic()
    const names = async (keys: string[]) =>
      (await describeOf(Type.topic, name, keys)).configs.map((config) => config.name)
    expect(await names(['retention.ms', 'no.such'])).toEqual(['retention.ms'])
    expect((await names([])).length).toBeGreaterThan(20)
  })
})

describe("the broker's settings", () => {
  test('are described, and those that cannot be changed are marked', async () => {
    const { config } = await describeOf(Type.broker, `${await nodeId()}`)
    expect(config('node.id')).toMatchObject({ readOnly: true })
    expect(config('socket.request.max.bytes')).toMatchObject({ value: '104857600', readOnly: true, configSource: 5 })
    expect(config('log.retention.ms')).toMatchObject({ value: null, readOnly: false, configType: 5 })
    expect(config('message.max.bytes')).toMatchObject({ value: '1048588', readOnly: false, configType: 3 })
    expect(config('message.max.bytes')!.documentation).toMatch(/\w/)
  })

  test('can be changed for this broker and for all, where that is possible', async () => {
    const node = `${await nodeId()}`
    // One that no other test depends on: other tests may use the same broker.
    const key = 'log.index.size.max.bytes'
    const { name } = await kafka.topic()
    const layers = async () => (await describeOf(Type.broker, node, [key])).config(key)!.synonyms
    try {
      expect(await change(Type.broker, '', [[key, 'set', '20000000']])).toBe(0)
      expect(await change(Type.broker, node, [[key, 'set', '30000000']])).toBe(0)
      await expect.poll(layers).toEqual([
        { name: key, value: '30000000', source: Source.broker },
        { name: key, value: '20000000', source: Source.cluster },
        { name: key, value: '10485760', source: Source.default },
      ])
      const ofTopic = async () => (await describeOf(Type.topic, name)).config('segment.index.bytes')
      await expect.poll(ofTopic).toMatchObject({ value: '30000000', configSource: Source.broker })
      expect((await describeOf(Type.broker, '')).config(key)).toMatchObject({ configSource: Source.cluster })
    } finally {
      await change(Type.broker, node, [[key, 'delete', null]])
      await change(Type.broker, '', [[key, 'delete', null]])
    }
    await expect.poll(layers).toEqual([{ name: key, value: '10485760', source: Source.default }])
  })

  test('are refused where they are fixed, wrong, or of another broker', async () => {
    const node = `${await nodeId()}`
    const { INVALID_CONFIG, INVALID_REQUEST } = ErrorCode
    const attempt = (name: string, ...one: Change) => change(Type.broker, name, [one], true)
    expect(await attempt(node, 'num.partitions', 'set', '5')).toBe(INVALID_REQUEST)
    expect(await attempt(node, 'log.retention.ms', 'set', 'x')).toBe(INVALID_REQUEST)
    expect(await attempt(node, 'log.retention.ms', 'append', '7')).toBe(INVALID_CONFIG)
    expect(await attempt(node, 'log.retention.ms', 'set', '60000')).toBe(0)
    expect(await attempt('77', 'log.retention.ms', 'set', '60000')).toBe(INVALID_REQUEST)
    expect(await attempt('abc', 'log.retention.ms', 'set', '60000')).toBe(INVALID_REQUEST)
    expect((await describeOf(Type.broker, '77')).errorCode).toBe(INVALID_REQUEST)
  })
})

describe('other resources', () => {
  test('loggers have levels', async () => {
    const node = `${await nodeId()}`
    expect((await describeOf(Type.brokerLogger, node)).config('root')).toMatchObject({
      configSource: 6,
      readOnly: false,
    })
    expect(await change(Type.brokerLogger, node, [['root', 'set', 'INFO']], true)).toBe(0)
    expect(await change(Type.brokerLogger, node, [['root', 'set', 'LOUD']], true)).toBe(ErrorCode.INVALID_CONFIG)
    expect(await change(Type.brokerLogger, node, [['no.such', 'set', 'INFO']], true)).toBe(ErrorCode.INVALID_CONFIG)
    expect((await describeOf(Type.brokerLogger, '')).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    expect(await replace(Type.brokerLogger, node, { root: 'INFO' })).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('where a broker is, is a static setting that cannot be changed while it runs', async () => {
    const node = `${await nodeId()}`
    const { config } = await describeOf(Type.broker, node)
    const fixed = { configSource: Source.static, isSensitive: false }
    const address = `PLAINTEXT://${kafka.brokers.split(',')[0]}`
    // Apache Kafka would take other listeners, and may have one for its controller besides.
    expect(config('advertised.listeners')).toMatchObject({ ...fixed, configType: 7 })
    expect(config('advertised.listeners')!.value!.split(',')).toContain(address)
    expect(config('listeners')).toMatchObject({ ...fixed, value: expect.stringContaining('PLAINTEXT://') })
    for (const name of ['broker.id', 'node.id']) expect(config(name)).toMatchObject({ value: node, configType: 3 })
    expect(config('process.roles')).toMatchObject({ ...fixed, value: 'broker,controller', readOnly: true })
    expect(config('inter.broker.listener.name')).toMatchObject({ ...fixed, value: 'PLAINTEXT', readOnly: true })
    const directories = await kafka.client.send(describeLogDirs, 4, { topics: null })
    expect(config('log.dirs')).toMatchObject({ ...fixed, value: directories.results[0]!.logDir, readOnly: true })
    for (const name of ['broker.id', 'process.roles', 'log.dirs']) {
      expect(await change(Type.broker, node, [[name, 'set', 'x']], true)).toBe(ErrorCode.INVALID_REQUEST)
    }
  })

  test('groups are answered, unknown types are not', async () => {
    expect((await describeOf(Type.group, kafka.name('group'))).errorCode).toBe(0)
    expect((await describeOf(Type.group, '')).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    expect(await change(Type.group, kafka.name('group'), [['foo', 'set', '1']], true)).toBe(ErrorCode.INVALID_CONFIG)
    expect((await describeOf(Type.clientMetrics, 'x')).errorCode).toBe(0)
    expect((await describeOf(99, 'x')).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    expect(await change(99, 'x', [['foo', 'set', '1']])).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('what can be configured is listed', async () => {
    const { name } = await kafka.topic()
    const listed = async (resourceTypes: number[]) =>
      (await kafka.client.send(listConfigResources, 1, { resourceTypes })).configResources
    await expect.poll(() => listed([Type.topic])).toContainEqual({ resourceName: name, resourceType: Type.topic })
    expect(await listed([Type.broker])).toEqual([{ resourceName: `${await nodeId()}`, resourceType: Type.broker }])
    expect((await kafka.client.send(listConfigResources, 0, {})).configResources).toEqual([])
    const unknown = await kafka.client.send(listConfigResources, 1, { resourceTypes: [99] })
    expect(unknown.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
  })
})

describe('leaders and replicas', () => {
  const { ELECTION_NOT_NEEDED, INVALID_REPLICA_ASSIGNMENT, INVALID_REQUEST, NO_REASSIGNMENT_IN_PROGRESS } = ErrorCode
  const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

  test.each([0, 1, 2])('no election is needed, says version %i', async (version) => {
    const { name } = await kafka.topic({ partitions: 2 })
    const nowhere = kafka.name('nowhere')
    const topicPartitions = [
      { topic: name, partitions: [0, 1, 9] },
      { topic: nowhere, partitions: [0] },
    ]
    const answer = await kafka.client.send(electLeaders, version, { electionType: 0, topicPartitions })
    expect(answer.errorCode).toBe(0)
    const errors = new Map(
      answer.replicaElectionResults.map(({ topic, partitionResult }) => [
        topic,
        partitionResult.toSorted((a, b) => a.partitionId - b.partitionId).map(({ errorCode }) => errorCode),
      ]),
    )
    expect(errors.get(name)).toEqual([ELECTION_NOT_NEEDED, ELECTION_NOT_NEEDED, unknown])
    expect(errors.get(nowhere)).toEqual([unknown])
  })

  test('an election has a known type', async () => {
    const { name } = await kafka.topic()
    const request = { electionType: 7, topicPartitions: [{ topic: name, partitions: [0] }] }
    expect((await kafka.client.send(electLeaders, 2, request)).errorCode).toBe(INVALID_REQUEST)
  })

  test('a partition can stay where it is, and go nowhere else', async () => {
    const { name } = await kafka.topic({ partitions: 2 })
    const node = await nodeId()
    const reassign = async (partitionIndex: number, replicas: readonly number[] | null) => {
      const request = { topics: [{ name, partitions: [{ partitionIndex, replicas }] }] }
      const answer = await kafka.client.send(alterPartitionReassignments, 0, request)
      return answer.responses[0]!.partitions[0]!.errorCode
    }
    expect(await reassign(0, [node])).toBe(0)
    expect(await reassign(0, null)).toBe(NO_REASSIGNMENT_IN_PROGRESS)
    expect(await reassign(0, [node + 1000])).toBe(INVALID_REPLICA_ASSIGNMENT)
    expect(await reassign(0, [])).toBe(INVALID_REPLICA_ASSIGNMENT)
    expect(await reassign(0, [node, node])).toBe(INVALID_REPLICA_ASSIGNMENT)
    expect(await reassign(9, [node])).toBe(unknown)
    const { topics } = await kafka.client.send(listPartitionReassignments, 0, { topics: null })
    expect(topics.filter((topic) => topic.name === name)).toEqual([])
  })
})

test('log directories tell the size of partitions', async () => {
  const topic = await kafka.topic({ partitions: 2 })
  const bytes = batch(['some', 'records'])
  await kafka.append(topic, Buffer.from(bytes), { partition: 1 })
  for (const version of [1, 2, 3, 4]) {
    const topics = [
      { topic: topic.name, partitions: [0, 1, 5] },
      { topic: kafka.name('nowhere'), partitions: [0] },
    ]
    const { results } = await kafka.client.send(describeLogDirs, version, { topics })
    const directory = results.find(({ topics: held }) => held.some(({ name }) => name === topic.name))!
    const sizes = directory.topics.flatMap(({ partitions }) => partitions)
    expect(sizes.toSorted((a, b) => a.partitionIndex - b.partitionIndex)).toEqual([
      { partitionIndex: 0, partitionSize: 0, offsetLag: 0, isFutureKey: false },
      { partitionIndex: 1, partitionSize: bytes.length, offsetLag: 0, isFutureKey: false },
    ])
    expect(directory.totalBytes).toBeGreaterThan(version < 4 ? -2 : 0)
  }
})

describe('the cluster', () => {
  test.each([0, 1, 2])('is described in version %i', async (version) => {
    const request = { includeClusterAuthorizedOperations: true }
    const { clusterId, brokers, controllerId, ...rest } = await kafka.client.send(describeCluster, version, request)
    expect(rest).toMatchObject({ errorCode: 0, clusterAuthorizedOperations: 8096 })
    expect(brokers.map(({ brokerId }) => brokerId)).toEqual([controllerId])
    expect(`${brokers[0]!.host}:${brokers[0]!.port}`).toBe(kafka.brokers)
    const metadataSays = await kafka.client.send(metadata, 8, { topics: [], allowAutoTopicCreation: false })
    expect(metadataSays.clusterId).toBe(clusterId)
  })

  test('is not described by a broker to who looks for controllers', async () => {
    const request = { includeClusterAuthorizedOperations: false, endpointType: 2 }
    const { errorCode } = await kafka.client.send(describeCluster, 1, request)
    expect(errorCode).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE)
  })
})

describe('topics by id and in pages', () => {
  const byId = (topicId: string) => ({ topics: [{ name: null, topicId }], allowAutoTopicCreation: true })

  test.each([12, 13])('metadata finds a topic by its id in version %i', async (version) => {
    const topic = await kafka.topic({ partitions: 2 })
    const { topics } = await kafka.client.send(metadata, version, byId(topic.topicId))
    expect(topics).toMatchObject([{ ...topic, errorCode: 0, partitions: [{}, {}] }])
  })

  test.each([12, 13])('an unknown id creates nothing in version %i', async (version) => {
    const topicId = '1'.repeat(32)
    const { topics } = await kafka.client.send(metadata, version, byId(topicId))
    expect(topics).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, topicId, partitions: [] }])
  })

  test('ids are not for asking before version 12', async () => {
    const topic = await kafka.topic()
    const request = { topics: [topic], allowAutoTopicCreation: true }
    const { topics } = await kafka.client.send(metadata, 11, request)
    expect(topics).toMatchObject([{ errorCode: ErrorCode.INVALID_REQUEST }])
  })

  test('a topic is answered once, with what may be done to it where that is asked', async () => {
    const { name } = await kafka.topic()
    const wanted = { name, topicId: ZERO_UUID }
    const request = { topics: [wanted, wanted], allowAutoTopicCreation: false }
    expect((await kafka.client.send(metadata, 12, request)).topics).toHaveLength(1)
    const asking = { ...request, includeTopicAuthorizedOperations: true }
    expect((await kafka.client.send(metadata, 12, asking)).topics[0]!.topicAuthorizedOperations).toBe(3576)
  })

  test('partitions come in pages, topics in order', async () => {
    const [a, b] = [await kafka.topic({ partitions: 3 }), await kafka.topic({ partitions: 1 })]
    const names = [b, a, { name: kafka.name('nowhere') }].map(({ name }) => ({ name }))
    const [first, second, third] = names.map(({ name }) => name).sort()
    const page = async (
      responsePartitionLimit: number,
      cursor: { topicName: string; partitionIndex: number } | null,
    ) => {
      const answer = await kafka.client.send(describeTopicPartitions, 0, {
        topics: names,
        responsePartitionLimit,
        cursor,
      })
      const topics = answer.topics.map(({ name, errorCode, partitions }) => ({
        ...{ name, errorCode, partitions: partitions.map(({ partitionIndex }) => partitionIndex) },
      }))
      return { topics, next: answer.nextCursor }
    }
    expect([first, second, third]).toEqual(names.map(({ name }) => name).sort())
    const nowhere = { name: names[2]!.name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, partitions: [] }
    const [whole, small] = [
      { name: a.name, errorCode: 0, partitions: [0, 1, 2] },
      { name: b.name, errorCode: 0, partitions: [0] },
    ]
    const inOrder = [whole, small, nowhere].toSorted((x, y) => (x.name < y.name ? -1 : 1))
    expect(await page(2000, null)).toEqual({ topics: inOrder, next: null })
    const from = { topicName: a.name, partitionIndex: 1 }
    const { topics, next } = await page(1, from)
    expect(topics.find(({ name }) => name === a.name)!.partitions).toEqual([1])
    expect(next).toEqual({ topicName: a.name, partitionIndex: 2 })
    expect((await page(0, { topicName: a.name, partitionIndex: 0 })).topics.at(-1)!.partitions).toEqual([0])
    const negative = await page(10, { topicName: a.name, partitionIndex: -1 })
    expect(negative.topics.every(({ errorCode }) => errorCode === ErrorCode.INVALID_REQUEST)).toBe(true)
  })
})
