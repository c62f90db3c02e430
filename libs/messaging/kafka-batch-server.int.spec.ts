import { randomUUID } from 'node:crypto'
import { type DynamicModule, Module } from '@nestjs/common'
import { CompressionTypes, ConfigResourceTypes, type Kafka } from 'kafkajs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { encode, type Message, messageTypesOn, type Topic } from '#libs/contracts'
import { refuse } from '#libs/decider'
import { createApplication } from '#libs/http'
import { metrics, registry } from '#libs/observability'
import { type BrokerProcess, startBroker } from '../testing/broker-process.ts'
import { ensureTopics } from './ensure-topics.ts'
import { handlersFor, ignore } from './handlers.ts'
import { KafkaBatchServer } from './kafka-batch-server.ts'
import { kafkaClient } from './kafka-client.ts'
import { type KafkaPublisher, kafkaPublisher } from './kafka-publisher.ts'
import {
  type Behaviour,
  command,
  garbage,
  HASTY,
  noting,
  type OpenDatabase,
  openDatabase,
  type SentRecord,
  TOPIC,
  until,
} from './messaging.fixture.ts'
import { connectConsumers, messagingModule } from './messaging-module.ts'
import { listParked } from './parking/sql/list-parked.ts'
import { TopicKeeper } from './topic-keeper.ts'

/** The Kafka that `KAFKA_BROKERS` names, or the bundled broker. */
const given = process.env.KAFKA_BROKERS?.split(',')
let bundled: BrokerProcess | undefined
let brokers: readonly string[]
beforeAll(async () => {
  if (given === undefined) bundled = await startBroker()
  brokers = given ?? [bundled!.brokers]
})
afterAll(() => bundled?.close())

@Module({})
class TestModule {}

let db: OpenDatabase
let kafka: Kafka
let publisher: KafkaPublisher
/** Names this run's customers: the topic is shared with whoever else uses the broker. */
let run: string
const cleanUp: (() => Promise<void>)[] = []

beforeEach(async () => {
  db = await openDatabase()
  run = randomUUID().slice(0, 8)
  kafka = kafkaClient({ brokers, clientId: 'test' }, 'briefly')
  publisher = kafkaPublisher({ brokers, clientId: 'test' })
})
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
  await publisher.close()
  await db.close()
})

const startService = async (behaviour: Behaviour = () => {}, group = `payment-${run}`, more: readonly Topic[] = []) => {
  const current = { current: behaviour }
  const server = new KafkaBatchServer({
    service: group,
    brokers,
    handlers: {
      ...handlersFor([TOPIC as Topic, ...more].flatMap(messageTypesOn), ignore),
      'payment.capture': { handle: noting(() => current.current) },
    },
    database: db.database,
    groupCommit: db.groupCommit,
    retryPolicy: HASTY,
  })
  const module: DynamicModule = {
    module: TestModule,
    imports: [messagingModule(server)],
  }
  const app = await createApplication(module)
  connectConsumers(app)
  await app.listen(0, '127.0.0.1')
  await app.startAllMicroservices()
  const stop = async () => {
    await app.close()
  }
  cleanUp.push(stop)
  await until(() =>
    server.check().then(
      () => true,
      () => false,
    ),
  )
  return { app, server, current, stop, url: await app.getUrl() }
}

const commandsOf = (customer: string, count: number) =>
  Array.from({ length: count }, (_, n) => command(`${run}-${customer}`, n))
const publish = (messages: readonly Message[]) =>
  publisher.publish(messages.map((message) => ({ topic: TOPIC, record: encode(message) })))
const ids = (messages: readonly Message[]) => messages.map(({ id }) => id)
const handledOf = (messages: readonly Message[]) => db.handled(messages[0]!.key)

const sendRaw = async (records: readonly SentRecord[], compression = CompressionTypes.None) => {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: TOPIC, compression, messages: records.map((record) => ({ ...record })) })
  await producer.disconnect()
}

test('what is published is handled, in order per key', async () => {
  await startService()
  const a = commandsOf('a', 300)
  const b = commandsOf('b', 300)
  await publish(a.flatMap((message, i) => [message, b[i]!]))
  await until(async () => (await handledOf(a)).length >= 300 && (await handledOf(b)).length >= 300)
  expect(await handledOf(a)).toEqual(ids(a))
  expect(await handledOf(b)).toEqual(ids(b))
})

test('a message that its handler refuses is a dead letter, and its key flows on', async () => {
  const messages = commandsOf('a', 3)
  await startService(({ id }) => (id === messages[1]!.id ? refuse('unknown_order') : undefined))
  await publish(messages)
  await until(async () => (await handledOf(messages)).length === 2)
  expect(await db.parked(messages[0]!.key)).toMatchObject([{ status: 'dead', reason: 'unprocessable' }])
})

test('garbage is parked, shown and stops nothing', async () => {
  await startService()
  const before = commandsOf('a', 3)
  const after = commandsOf('b', 3)
  await publish(before)
  const sent = Object.values(garbage).map((record) => ({ ...record, key: record.key && `${run}-a` }))
  await sendRaw(sent)
  await publish(after)
  await until(async () => (await handledOf(before)).length === 3 && (await handledOf(after)).length === 3)
  const parked = async () => {
    const items = await listParked(db.database, `payment-${run}`, {}, 0n, 500)
    return items.filter(({ key }) => key === null || Buffer.from(key).toString() === `${run}-a`)
  }
  await until(async () => (await parked()).length >= sent.length)
  expect(new Set((await parked()).map(({ status }) => status))).toEqual(new Set(['dead']))
})

test('a batch that is too much when decompressed is parked as one message, and what is behind it is handled', async () => {
  await startService()
  const messages = commandsOf('a', 6)
  const key = messages[0]!.key
  await publish(messages.slice(0, 3))
  await sendRaw([{ key, value: 'x'.repeat(65 * 1024 * 1024), headers: {} }], CompressionTypes.GZIP)
  await publish(messages.slice(3))
  await until(async () => (await handledOf(messages)).length === 6)
  const filter = { reason: 'unreadable_batch' } as const
  await until(async () => (await listParked(db.database, `payment-${run}`, filter, 0n, 500)).length > 0)
  expect(await listParked(db.database, `payment-${run}`, filter, 0n, 500)).toMatchObject([
    { key: null, status: 'dead' },
  ])
})

test('a crash after the commit and before the offsets are stored changes nothing', async () => {
  const messages = commandsOf('a', 20)
  const first = await startService()
  await publish(messages)
  await until(async () => (await handledOf(messages)).length === 20)
  await first.stop()
  const admin = kafka.admin()
  await admin.connect()
  await admin.resetOffsets({ groupId: `payment-${run}`, topic: TOPIC, earliest: true })
  await admin.disconnect()
  await startService()
  const more = commandsOf('a', 21).slice(20)
  await publish(more)
  await until(async () => (await handledOf(messages)).length > 20)
  expect(await handledOf(messages)).toEqual(ids([...messages, ...more]))
})

test('a stop finishes what is under way and stores how far it came', async () => {
  const messages = commandsOf('a', 50)
  const { stop } = await startService()
  await publish(messages)
  await until(async () => (await handledOf(messages)).length > 0)
  await stop()
  const done = await handledOf(messages)
  expect(done).toEqual(ids(messages).slice(0, done.length))
  await db.database.execute('DELETE FROM inbox')
  await startService()
  await until(async () => (await handledOf(messages)).length >= 50)
  expect(await handledOf(messages)).toEqual(ids(messages))
})

test('topics are created once, and grow when more partitions are wanted', async () => {
  const admin = kafka.admin()
  await admin.connect()
  cleanUp.push(() => admin.disconnect())
  const topic = `test-${run}`
  cleanUp.push(() => admin.deleteTopics({ topics: [topic] }))
  const wanted = (partitions: number) => ({ [topic]: { partitions, retentionMs: 60_000 } })
  const partitions = async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length
  await Promise.all([ensureTopics(admin, 1, wanted(2)), ensureTopics(admin, 1, wanted(2))])
  expect(await partitions()).toBe(2)
  await ensureTopics(admin, 1, wanted(3))
  await ensureTopics(admin, 1, wanted(1))
  expect(await partitions()).toBe(3)
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }],
  })
  expect(resources[0]!.configEntries).toMatchObject([{ configName: 'retention.ms', configValue: '60000' }])
})

test.skipIf(given !== undefined)(
  'a broker that is killed and comes back finds its publisher and its consumer',
  async () => {
    const { server } = await startService()
    const messages = commandsOf('a', 30)
    await publish(messages.slice(0, 10))
    await until(async () => (await handledOf(messages)).length === 10)
    await bundled!.kill9()
    await expect(publish(messages.slice(10, 20))).rejects.toThrow()
    await bundled!.restart()
    await publish(messages.slice(10, 20))
    await publish(messages.slice(20))
    await until(async () => (await handledOf(messages)).length === 30)
    expect(await handledOf(messages)).toEqual(ids(messages))
    await server.check()
  },
)

test.skipIf(given !== undefined)(
  'a topic that is deleted comes back as declared; others are read meanwhile',
  async () => {
    const { server } = await startService(undefined, undefined, ['payments'])
    const admin = kafka.admin()
    await admin.connect()
    cleanUp.push(() => admin.disconnect())
    const before = commandsOf('a', 30)
    await publish(before)
    await until(async () => (await handledOf(before)).length === 30)

    await admin.deleteTopics({ topics: ['payments'] })
    const meanwhile = commandsOf('b', 10)
    await publish(meanwhile)
    await until(async () => (await handledOf(meanwhile)).length === 10)
    await until(async () => (await partitionsOf('payments')) === 6)

    await admin.deleteTopics({ topics: [TOPIC] })
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }] })
    await until(async () => (await partitionsOf(TOPIC)) === 6)
    // Fewer than the 40 of the log before: whoever went on at the offset of old would not see them.
    const after = commandsOf('c', 5)
    await until(() =>
      publish(after).then(
        () => true,
        () => false,
      ),
    )
    await until(async () => (await handledOf(after)).length >= 5)
    expect(await handledOf(after)).toEqual(ids(after))
    await until(() =>
      server.check().then(
        () => true,
        () => false,
      ),
    )
  },
)

test.skipIf(given !== undefined)(
  'a topic that cannot be created is named with the cure, and the others are there',
  async () => {
    const topic = `kept-${run}`
    const keeper = new TopicKeeper(
      kafka,
      { brokers, clientId: 'test' },
      {
        'no/topic': { partitions: 2, retentionMs: 60_000 },
        [topic]: { partitions: 3, retentionMs: 60_000 },
      },
    )
    cleanUp.push(async () => keeper.close())
    expect([...(await keeper.look())]).toEqual([[topic, { id: expect.stringMatching(/^(?!0+$)/), partitions: 3 }]])
    expect(keeper.problems).toEqual([expect.stringMatching(/no\/topic is missing .*create it with 2 partitions/)])
  },
)

test('how far behind a partition is, is said by the one who has it', async () => {
  const first = await startService()
  await publish(commandsOf('a', 3))
  const lags = async () =>
    (await registry.getSingleMetricAsString(metrics.messaging.lag.name)).match(/topic="payment-commands"/g)
  await until(async () => (await lags()) !== null)
  await first.stop()
  expect(await lags()).toBeNull()
})

const partitionsOf = async (topic: string): Promise<number> => {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata()
    return topics.find(({ name }) => name === topic)?.partitions.length ?? 0
  } finally {
    await admin.disconnect()
  }
}
