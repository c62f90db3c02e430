import { consequenceId, encode, type Message, type Topic, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit, type GroupCommitOptions } from '#libs/database'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, testDatabase } from '#libs/testing'
import { kafkaClient } from '../kafka-client.ts'
import { kafkaPublisher, type OutgoingRecord } from '../kafka-publisher.ts'
import { type Queue, type QueueSettings, queue } from './queue.ts'
import type { QueueHandler, WorkFunction } from './work.ts'
import { WorkQueue } from './work-queue.ts'

configureLogging({ level: (process.env.TEST_LOG ?? 'silent') as never, format: 'pretty' })

/** The `n`-th message of a queue. */
export const message = (n: number, queueName = 'queue'): Message<'payment.capture'> => {
  const orderId = uuidFrom(`${queueName}/${n}`)
  return {
    id: consequenceId(orderId, 0),
    type: 'payment.capture',
    source: '/waybill/order',
    subject: orderId,
    time: '2026-01-01T00:00:00.000Z',
    key: `customer-${n % 50}`,
    correlationId: orderId,
    causationId: orderId,
    data: { orderId, customerId: `customer-${n % 50}` },
  }
}

/** Locks as short as the bundled broker allows when it is asked; a broker that `KAFKA_BROKERS` names has its own bounds. */
const SHORT_LOCKS = { 'group.share.min.record.lock.duration.ms': 1_000 }
const given = process.env.KAFKA_BROKERS?.split(',')
export const isBundled = given === undefined

export interface TestQueues {
  readonly brokers: readonly string[]
  readonly database: Database
  readonly broker: BrokerProcess | undefined
  /** A queue with a topic of its own. */
  queue(settings?: Partial<QueueSettings>, partitions?: number): Promise<Queue<'payment.capture'>>
  publish(queue: Queue, messages: readonly Message[]): Promise<void>
  publishRaw(records: readonly OutgoingRecord[]): Promise<void>
  /** Works a queue as a process would; stopped at the end. */
  work(queue: Queue, handler: QueueHandler | WorkFunction, options?: GroupCommitOptions): WorkQueue
  parked(queue: Queue): Promise<{ status: string; reason: string; attempts: number; error: string | null }[]>
  /** Stops whatever works. */
  stopWork(): Promise<void>
  close(): Promise<void>
}

let names = 0

export const startQueues = async (): Promise<TestQueues> => {
  const broker = given === undefined ? await startBroker({ settings: SHORT_LOCKS }) : undefined
  const brokers = given ?? [broker!.brokers]
  const { url, drop } = await testDatabase('notification')
  const database = new Database(url)
  await database.execute('CREATE TABLE worked (place bigserial PRIMARY KEY, queue text NOT NULL, id text NOT NULL)')
  const kafka = kafkaClient({ brokers, clientId: 'test' }, 'briefly')
  const admin = kafka.admin()
  await admin.connect()
  const publisher = kafkaPublisher({ brokers, clientId: 'test', compression: 'lz4' })
  const works: WorkQueue[] = []
  const publishRaw = (records: readonly OutgoingRecord[]) => publisher.publish(records)
  const stopWork = async () => void (await Promise.all(works.splice(0).map((work) => work.stop())))
  return {
    brokers,
    database,
    broker,
    queue: async (settings = {}, partitions = 3) => {
      const name = `queue-${process.pid}-${Date.now()}-${names++}`
      await admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic: name, numPartitions: partitions, replicationFactor: 1 }],
      })
      return queue(name, { types: ['payment.capture'], ...settings })
    },
    publish: (to, messages) => publishRaw(messages.map((each) => ({ topic: to.name as Topic, record: encode(each) }))),
    publishRaw,
    work: (of, handler, options) => {
      const work = new WorkQueue({
        ...{ service: 'notification', brokers, queue: of, database, groupCommit: new GroupCommit(database, options) },
        handler: typeof handler === 'function' ? { work: handler } : handler,
      })
      works.push(work)
      work.start()
      return work
    },
    parked: (of) =>
      database.query(
        'SELECT status, reason, attempts, error FROM parked_messages WHERE topic = $1 ORDER BY id',
        of.name,
      ),
    stopWork,
    close: async () => {
      await stopWork()
      await admin.disconnect()
      await publisher.close()
      await database.close()
      await drop()
      await broker?.close()
    },
  }
}
