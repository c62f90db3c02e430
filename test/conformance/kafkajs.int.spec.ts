import { type Consumer, Kafka, logLevel, Partitioners } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BrokerProcess, startBroker } from '#libs/testing'

/** Runs against the broker that KAFKA_BROKERS names, else against one of its own. */
let own: BrokerProcess | undefined
let kafka: Kafka
const open: { disconnect(): Promise<void> }[] = []

beforeAll(async () => {
  own = process.env.KAFKA_BROKERS === undefined ? await startBroker() : undefined
  const brokers = (own?.brokers ?? process.env.KAFKA_BROKERS!).split(',')
  kafka = new Kafka({ clientId: 'conformance', brokers, logLevel: logLevel.NOTHING })
})
afterAll(async () => {
  for (const client of open.reverse()) await client.disconnect()
  await own?.close()
})

let names = 0
const fresh = (prefix: string) => `${prefix}-${process.pid}-${Date.now()}-${names++}`

async function producer(options = {}) {
  const made = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...options })
  await made.connect()
  open.push(made)
  return made
}

async function admin() {
  const made = kafka.admin()
  await made.connect()
  open.push(made)
  return made
}

/** Kafka answers a creation before every part of it knows the topic, which kafkajs does not wait for. */
async function topicWith(numPartitions: number): Promise<string> {
  const topic = fresh('t')
  const client = await admin()
  await client.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false })
  const known = async () => (await client.fetchTopicOffsets(topic).catch(() => [])).length
  await expect.poll(known, { timeout: 10_000 }).toBe(numPartitions)
  return topic
}

interface Seen {
  readonly consumer: Consumer
  readonly values: string[]
  readonly partitions: Set<number>
}

async function consume(topic: string, groupId: string): Promise<Seen> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10_000, heartbeatInterval: 300, maxWaitTimeInMs: 200 })
  const seen: Seen = { consumer, values: [], partitions: new Set() }
  await consumer.connect()
  open.push(consumer)
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommitThreshold: 1,
    eachMessage: async ({ message, partition }) => {
      seen.values.push(message.value!.toString())
      seen.partitions.add(partition)
    },
  })
  return seen
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`)
const send = async (topic: string, values: string[], partition?: number) => {
  const messages = values.map((value) => ({ key: value, value, ...(partition === undefined ? {} : { partition }) }))
  return (await producer()).send({ topic, acks: -1, messages })
}
const eventually = (check: () => unknown) => expect.poll(check, { timeout: 30_000, interval: 25 })

describe('produce and consume', () => {
  test('what is produced is consumed, in order within a partition, with its headers', async () => {
    const topic = await topicWith(1)
    const [result] = await (await producer()).send({
      topic,
      acks: -1,
      messages: [{ key: 'a', value: '0', headers: { traceparent: 'x' } }, { value: '1' }, { value: null }],
    })
    expect(result).toMatchObject({ topicName: topic, partition: 0, errorCode: 0, baseOffset: '0' })
    const received: unknown[] = []
    const consumer = kafka.consumer({ groupId: fresh('g'), maxWaitTimeInMs: 200 })
    await consumer.connect()
    open.push(consumer)
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message: { offset, key, value, headers } }) => {
        received.push([offset, key?.toString() ?? null, value?.toString() ?? null, headers?.traceparent?.toString()])
      },
    })
    await eventually(() => received).toEqual([
      ['0', 'a', '0', 'x'],
      ['1', null, '1', undefined],
      ['2', null, null, undefined],
    ])
  })

  test('a topic that does not exist is created by producing to it', async () => {
    const topic = fresh('auto')
    await send(topic, numbers(0, 3))
    expect(await (await admin()).listTopics()).toContain(topic)
  })

  test.each(['gzip'])('a batch compressed with %s comes back as it went in', async () => {
    const topic = await topicWith(1)
    await (await producer()).send({
      topic,
      acks: -1,
      compression: 1,
      messages: numbers(0, 50).map((value) => ({ value })),
    })
    const seen = await consume(topic, fresh('g'))
    await eventually(() => seen.values).toEqual(numbers(0, 50))
  })

  test('an idempotent producer writes each message once', async () => {
    const topic = await topicWith(2)
    const idempotent = await producer({ idempotent: true, maxInFlightRequests: 1 })
    for (const value of numbers(0, 20)) await idempotent.send({ topic, acks: -1, messages: [{ key: value, value }] })
    const ends = await (await admin()).fetchTopicOffsets(topic)
    expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBe(20)
  })

  test('offsets are found by time', async () => {
    const topic = await topicWith(1)
    const first = Date.now() - 10_000
    const messages = numbers(0, 5).map((value, i) => ({ value, timestamp: String(first + i * 1000) }))
    for (const message of messages) await (await producer()).send({ topic, acks: -1, messages: [message] })
    const client = await admin()
    expect(await client.fetchTopicOffsetsByTimestamp(topic, first + 1500)).toEqual([{ partition: 0, offset: '2' }])
  })
})

describe('groups', () => {
  test('two members share the partitions, and one takes over when the other leaves', async () => {
    const topic = await topicWith(4)
    const group = fresh('g')
    const a = await consume(topic, group)
    const b = await consume(topic, group)
    const client = await admin()
    await eventually(async () => {
      const [described] = (await client.describeGroups([group])).groups
      return [described!.state, described!.members.length]
    }).toEqual(['Stable', 2])
    for (const partition of [0, 1, 2, 3]) await send(topic, [`before-${partition}`], partition)
    await eventually(() => [...a.values, ...b.values].sort()).toEqual(numbers(0, 4).map((n) => `before-${n}`))
    expect([...a.partitions].filter((partition) => b.partitions.has(partition))).toEqual([])

    await a.consumer.disconnect()
    for (const partition of [0, 1, 2, 3]) await send(topic, [`after-${partition}`], partition)
    await eventually(() => b.values.filter((value) => value.startsWith('after')).sort()).toEqual(
      numbers(0, 4).map((n) => `after-${n}`),
    )
  })

  test('a group continues where it has committed', async () => {
    const topic = await topicWith(1)
    const group = fresh('g')
    await send(topic, numbers(0, 5))
    const first = await consume(topic, group)
    await eventually(() => first.values.length).toBe(5)
    await first.consumer.disconnect()
    await send(topic, numbers(5, 8))
    const second = await consume(topic, group)
    await eventually(() => second.values).toEqual(numbers(5, 8))
  })

  test('an empty group can be listed and deleted, one with members cannot be deleted', async () => {
    const topic = await topicWith(1)
    const group = fresh('g')
    const seen = await consume(topic, group)
    const client = await admin()
    await eventually(async () => (await client.describeGroups([group])).groups[0]!.state).toBe('Stable')
    await expect(client.deleteGroups([group])).rejects.toMatchObject({ groups: [{ groupId: group, errorCode: 68 }] })
    await seen.consumer.disconnect()
    await eventually(async () => (await client.describeGroups([group])).groups[0]!.state).toBe('Empty')
    await client.deleteGroups([group])
    expect((await client.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain(group)
  })
})

describe('administration', () => {
  test('partitions are added, settings changed, records and topics deleted', async () => {
    const topic = await topicWith(1)
    const client = await admin()
    await client.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    const grown = async () => (await client.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length
    await eventually(grown).toBe(3)
    await client.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '1000000' }] }],
    })
    const described = await client.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
    })
    expect(described.resources[0]!.configEntries[0]).toMatchObject({
      configName: 'retention.ms',
      configValue: '1000000',
    })
    await send(topic, numbers(0, 5), 0)
    await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    expect((await client.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0)).toMatchObject({
      low: '3',
      high: '5',
    })
    await client.deleteTopics({ topics: [topic] })
    await eventually(async () => (await client.listTopics()).includes(topic)).toBe(false)
  })

  test('what cannot be created is refused with its reason', async () => {
    const client = await admin()
    const taken = await topicWith(1)
    expect(await client.createTopics({ topics: [{ topic: taken }] })).toBe(false)
    const refusals = [
      [{ topic: 'no spaces' }, 17],
      [{ topic: fresh('t'), replicationFactor: 7 }, 38],
      [{ topic: fresh('t'), configEntries: [{ name: 'no.such.setting', value: '1' }] }, 40],
    ] as const
    for (const [topic, code] of refusals) {
      await expect(client.createTopics({ topics: [topic as never] })).rejects.toMatchObject({ errors: [{ code }] })
    }
  })
})
