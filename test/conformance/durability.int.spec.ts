import { once } from 'node:events'
import { connect } from 'node:net'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { batchLeaderEpoch, ErrorCode, metadata, ZERO_UUID } from '#libs/kafka-protocol'
import { type BrokerProcess, freePort, runBroker, startBroker } from '#libs/testing'
import { batch } from './batch.ts'
import { ConsumerMember, settled } from './consumer-member.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

let broker: BrokerProcess | undefined
afterEach(async () => {
  await broker?.close()
  broker = undefined
})

const client = (brokers: string) =>
  new Kafka({
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 30, initialRetryTime: 50, maxRetryTime: 300 },
  })

async function valuesOf(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `reader-${Date.now()}`, maxWaitTimeInMs: 100 })
  const values: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void values.push(message.value!.toString()) })
  await expect.poll(() => values.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count)
  await consumer.disconnect()
  return values
}

describe('kill -9', () => {
  test('under load: everything acknowledged is there, once, in order', async () => {
    broker = await startBroker()
    const kafka = client(broker.brokers)
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    const acknowledged: string[] = []
    let done = false
    const load = (async () => {
      for (let i = 0; !done; i++) {
        await producer.send({ topic: 'load', acks: -1, messages: [{ value: `${i}` }] })
        acknowledged.push(`${i}`)
      }
    })()
    for (const target of [50, 120, 200]) {
      await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(target)
      await broker.kill9()
      await broker.restart()
    }
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(260)
    done = true
    await load
    await producer.disconnect()
    expect(await valuesOf(kafka, 'load', acknowledged.length)).toEqual(acknowledged)
  })

  test('[39] a consumer group keeps its members, generation and offsets', async () => {
    broker = await startBroker()
    const kafka = client(broker.brokers)
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'work', numPartitions: 2 }] })
    const consumer = kafka.consumer({ groupId: 'workers', heartbeatInterval: 200, maxWaitTimeInMs: 100 })
    const values: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topic: 'work', fromBeginning: true })
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ message }) => void values.push(message.value!.toString()),
    })
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    await producer.send({ topic: 'work', acks: -1, messages: [{ value: 'before' }] })
    await expect.poll(() => values).toEqual(['before'])
    const [before] = await groups(broker)
    await expect.poll(async () => (await groups(broker!))[0]!.offsets.length).toBeGreaterThan(0)

    await broker.kill9()
    await broker.restart()
    const [after] = await groups(broker)
    expect(after).toMatchObject({ groupId: 'workers', state: 'Stable', members: before!.members })
    expect(after!.generation).toBeGreaterThanOrEqual(before!.generation)
    await producer.send({ topic: 'work', acks: -1, messages: [{ value: 'after' }] })
    await expect.poll(() => values, { timeout: 30_000 }).toEqual(['before', 'after'])
    await consumer.disconnect()
    await producer.disconnect()
    await admin.disconnect()
  })
})

describe.skipIf(process.env.KAFKA_BROKERS !== undefined)('what a broker that was killed still knows', () => {
  const kafka = kafkaUnderTest()

  test('a group of the consumer protocol keeps members, epochs and what each of them reads', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    const first = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 3)
    const second = await ConsumerMember.of(kafka, first.groupId)
    await second.join([topic.name])
    await second.reads(1, first)
    await settled(kafka, first, second)
    await second.commit(topic, 7, { partition: second.assigned[0]!.partitions[0]! })
    await kafka.killAndRestart()
    for (const { groupId, memberId, memberEpoch, assigned, count } of [first, second]) {
      const again = await ConsumerMember.of(kafka, groupId, { memberId })
      // Nothing has changed, so nothing is said; whoever asks for all is told the same.
      const answer = await again.send({ epoch: memberEpoch, owned: assigned })
      expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch, assignment: null })
      expect(await again.join([topic.name])).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch })
      expect(again.count).toBe(count)
    }
  })

  test('[11] its producers: batches that were acknowledged are recognised, and gaps refused', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    const numbered = (sequence: number) => batch(['value'], { ...producer, sequence })
    for (const sequence of [0, 1, 2]) await kafka.append(topic, numbered(sequence))
    await kafka.killAndRestart()
    expect(await kafka.append(topic, numbered(2))).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 2 })
    expect((await kafka.append(topic, numbered(7))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(await kafka.append(topic, numbered(3))).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 3 })
    expect((await kafka.producer()).producerId).not.toBe(producer.producerId)
  })

  test('[8] its leader epochs, which never go backwards', async () => {
    const topic = await kafka.topic()
    const epochOf = async () => {
      const topics = [{ name: topic.name, topicId: ZERO_UUID }]
      return (await kafka.client.send(metadata, 12, { topics })).topics[0]!.partitions[0]!.leaderEpoch
    }
    await kafka.append(topic, batch())
    const before = await epochOf()
    await kafka.killAndRestart()
    const after = await epochOf()
    expect(after).toBeGreaterThanOrEqual(before)
    await kafka.append(topic, batch())
    const stored = await kafka.read(topic, 1)
    expect(batchLeaderEpoch(stored)).toBe(after)
  })
})

interface GroupOverview {
  groupId: string
  state: string
  generation: number
  members: unknown[]
  offsets: unknown[]
}

async function groups({ httpPort }: BrokerProcess): Promise<GroupOverview[]> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/`)
  return ((await response.json()) as { groups: GroupOverview[] }).groups
}

describe('bad input', () => {
  const length = (bytes: number) => {
    const buffer = Buffer.alloc(4)
    buffer.writeInt32BE(bytes)
    return buffer
  }
  const request = (apiKey: number, version: number, body: Buffer) => {
    const header = Buffer.alloc(10)
    header.writeInt16BE(apiKey, 0)
    header.writeInt16BE(version, 2)
    header.writeInt16BE(-1, 8)
    return Buffer.concat([length(10 + body.length), header, body])
  }
  const garbage: [string, Buffer][] = [
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a length of zero', length(0)],
    ['a negative length', length(-5)],
    ['a frame without a header', Buffer.concat([length(1), Buffer.from([0])])],
    ['an unknown API', request(999, 0, Buffer.alloc(0))],
    ['a version out of range', request(1, 99, Buffer.alloc(0))],
    ['an array of two billion topics', request(3, 0, length(2_000_000_000))],
    ['a body cut short', request(11, 2, Buffer.from([0, 5, 1]))],
  ]

  test('garbage closes its own connection and nothing else', async () => {
    broker = await startBroker()
    const admin = client(broker.brokers).admin()
    await admin.connect()
    for (const [what, bytes] of garbage) {
      const socket = connect(broker.port, '127.0.0.1')
      socket.on('error', () => {})
      const closed = once(socket, 'close')
      socket.write(bytes)
      await closed
      expect((await admin.describeCluster()).brokers, what).toHaveLength(1)
    }
    await admin.disconnect()
  })

  test('settings, an occupied port and a data directory in use are refused by name', async () => {
    broker = await startBroker()
    const refused = async (...args: string[]) => {
      const { code, output } = await runBroker(args)
      expect(code).toBe(1)
      return output
    }
    const other = ['--data-dir', `${broker.dataDir}/other`]
    const port = `${await freePort()}`
    expect(await refused(...other, '--set', 'no.such.key=1')).toContain('no.such.key')
    expect(await refused(...other, '--set', 'num.partitions=many')).toContain('num.partitions')
    expect(await refused(...other, '--port', `${broker.port}`)).toContain(`${broker.port} is in use`)
    expect(await refused('--data-dir', broker.dataDir, '--port', port)).toContain(broker.dataDir)
  })

  test('SIGTERM ends it with code 0', async () => {
    broker = await startBroker()
    expect(await broker.stop()).toBe(0)
  })
})
