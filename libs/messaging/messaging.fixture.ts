import pg from 'pg'
import { consequenceId, encode, type Message, type MessageType, type Topic, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { configureLogging } from '#libs/observability'
import { testDatabase } from '#libs/testing'
import { BatchProcessor } from './batch-processor.ts'
import type { RecordResult } from './batch-work.ts'
import { handlerTable } from './handler-table.ts'
import type { AnyHandler, Handled, HandlerTable } from './handlers.ts'
import { type IncomingRecord, readRecord } from './incoming-record.ts'
import { Retrier } from './parking/retrier.ts'
import type { RetryPolicy } from './parking/retry-policy.ts'

configureLogging({ level: (process.env.TEST_LOG ?? 'silent') as never, format: 'pretty' })

export const TOPIC = 'payment-commands' satisfies Topic
export const CONSUMER = 'payment'

/** Retries without the patience of production. */
export const HASTY: RetryPolicy = { maxAttempts: 8, firstDelayMs: 20, longestDelayMs: 50 }

/** The `n`-th command of a customer. */
export const command = (customer: string, n: number): Message<'payment.capture'> => {
  const orderId = uuidFrom(`${customer}/${n}`)
  return {
    id: consequenceId(orderId, 0),
    type: 'payment.capture',
    source: '/waybill/order',
    subject: orderId,
    time: '2026-01-01T00:00:00.000Z',
    key: customer,
    correlationId: orderId,
    causationId: orderId,
    data: { orderId, customerId: customer },
  }
}

/** What a producer sent, whatever it may be. */
export interface SentRecord {
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** What a producer might send that is no message of ours, and the reason it is parked with. */
export const garbage: Record<string, SentRecord> = (() => {
  const { value, headers } = encode(command('garbage', 1))
  const { ce_id: _, ...withoutId } = headers
  return {
    'no headers': { key: 'g', value, headers: {} },
    'no id': { key: 'g', value, headers: withoutId },
    'an id with a zero byte': { key: 'g\0', value, headers: { ...headers, ce_id: 'a\0b' } },
    'broken JSON': { key: 'g', value: '{', headers },
    'null value': { key: 'g', value: null, headers },
    'null key and value': { key: null, value: null, headers: {} },
    'unknown type': { key: 'g', value, headers: { ...headers, ce_type: 'payment.teleport' } },
    'a type of another topic': { key: 'g', value, headers: { ...headers, ce_type: 'order.placed' } },
    'unknown version': { key: 'g', value, headers: { ...headers, ce_dataversion: '99' } },
    'invalid data': { key: 'g', value: '{"orderId":7}', headers },
  }
})()

/** A database that notes what was handled, in the transaction that handled it. */
export const openDatabase = async () => {
  const { url, drop } = await testDatabase('payment')
  const opened: Database[] = []
  const connect = (): Database => {
    const database = new Database(url)
    opened.push(database)
    return database
  }
  const database = connect()
  await database.execute('CREATE TABLE handled (place bigserial PRIMARY KEY, key text NOT NULL, id text NOT NULL)')
  return {
    url,
    database,
    groupCommit: new GroupCommit(database),
    handled: async (key?: string): Promise<string[]> => {
      const rows = await database.query<{ id: string }>(
        'SELECT id FROM handled WHERE $1::text IS NULL OR key = $1 ORDER BY place',
        key ?? null,
      )
      return rows.map(({ id }) => id)
    },
    parked: (key?: string) =>
      database.query<{ offset: bigint; status: string; reason: string; attempts: number }>(
        `SELECT "offset", status, reason, attempts FROM parked_messages
          WHERE $1::text IS NULL OR key = convert_to($1, 'UTF8') ORDER BY id`,
        key ?? null,
      ),
    /** The same database as another process sees it. */
    another: () => {
      const other = connect()
      return { database: other, groupCommit: new GroupCommit(other) }
    },
    /** Ends every connection to the database but the one it is told on, as a restart would. */
    cutOffEverybody: async () => {
      const operator = new pg.Client({ connectionString: url })
      await operator.connect()
      await operator.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      )
      await operator.end()
    },
    close: async () => {
      await Promise.all(opened.map((each) => each.close()))
      await drop()
    },
  }
}

export type OpenDatabase = Awaited<ReturnType<typeof openDatabase>>

/** What the handler does with a message before it notes it; throws to make it fail, answers a refusal to refuse it. */
// biome-ignore lint/suspicious/noConfusingVoidType: behaviours of one line
export type Behaviour = (message: Message) => Handled | void

export const noting =
  (behaviour: () => Behaviour): AnyHandler['handle'] =>
  async (message, { uow }) => {
    const refusal = await behaviour()(message as Message)
    if (refusal) return refusal
    await uow.execute('INSERT INTO handled (key, id) VALUES ($1, $2)', message.key, message.id)
  }

/** The consumer without a broker: records are handed to it as from one partition. */
export const startConsumer = (
  { database, groupCommit }: Pick<OpenDatabase, 'database' | 'groupCommit'>,
  options: {
    behaviour?: Behaviour
    announce?: NonNullable<AnyHandler['announce']>
    retryPolicy?: RetryPolicy
    recognisesDuplicates?: boolean
  } = {},
) => {
  let behaviour: Behaviour = options.behaviour ?? (() => {})
  const { announce } = options
  const handlers: HandlerTable = new Map<MessageType, AnyHandler | 'ignore'>([
    ['payment.capture', { ...(announce && { announce }), handle: noting(() => behaviour) }],
    ['payment.void', 'ignore'],
  ])
  const context = {
    consumer: CONSUMER,
    source: '/waybill/payment',
    handlers,
    recognisesDuplicates: options.recognisesDuplicates ?? false,
  }
  const policy = options.retryPolicy ?? HASTY
  const retrier = new Retrier({ context, database, groupCommit, policy })
  const results: RecordResult['outcome'][] = []
  const processor = new BatchProcessor({
    context,
    database,
    groupCommit,
    retryPolicy: policy,
    onParked: () => retrier.wake(),
    onResults: (_, got) => results.push(...got.map(({ outcome }) => outcome)),
  })
  return {
    retrier,
    results,
    behave: (next: Behaviour) => {
      behaviour = next
    },
    /** Handles records as if read at consecutive offsets from `from` on. */
    receive: (records: readonly SentRecord[], from = 0, abandoned = () => false) =>
      processor.process(
        records.map((record, i) => incoming(record, from + i, handlers)),
        abandoned,
      ),
  }
}

const incoming = ({ key, value, headers }: SentRecord, offset: number, handlers: HandlerTable): IncomingRecord =>
  readRecord(
    { topic: TOPIC, partition: 0, offset: BigInt(offset) },
    {
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    },
    handlers,
  )

/** Waits for something to become true; the test's own time limit ends a wait in vain. */
export const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Hands records to a service's handlers as its consumer would, with one try each: what fails is a dead letter at once. */
export const parkRecords = async (
  service: {
    readonly app: { get<T>(type: new (...args: never[]) => T): T }
    readonly consumer: string
    readonly handlers: object
  },
  records: readonly SentRecord[],
): Promise<void> => {
  const { table } = handlerTable(service.handlers)
  const processor = new BatchProcessor({
    context: {
      ...{ consumer: service.consumer, source: `/waybill/${service.consumer}`, handlers: table },
      recognisesDuplicates: false,
    },
    database: service.app.get(Database),
    groupCommit: service.app.get(GroupCommit),
    retryPolicy: { maxAttempts: 1, firstDelayMs: 1, longestDelayMs: 1 },
    onParked: () => {},
    onResults: () => {},
  })
  await processor.process(
    records.map((record, i) => incoming(record, i, table)),
    () => false,
  )
}
