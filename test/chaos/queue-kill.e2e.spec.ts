import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encode, type Topic } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { kafkaPublisher, queue, WorkQueue } from '#libs/messaging'
import { type BrokerProcess, freePort, startBroker } from '#libs/testing'
import { applyMigrations } from '../../scripts/migrations/apply.ts'
import { startPostgres } from '../../scripts/postgres/server.ts'
import { until } from '../support/until.ts'
import { type Outage, problemsOf, readDeliveries, unheardOf } from './queue/delivery-log.ts'
import { triesOf, workOf } from './queue/work.ts'

/** `QUEUE_MESSAGES=20000` for the whole of it. */
const MESSAGES = Number(process.env.QUEUE_MESSAGES ?? 1_000)
const WORKERS = 8
const NAME = 'chaos-queue'
const KILL_EVERY_MS = 1_000
const WORKER = join(resolve(import.meta.dirname, '../..'), 'dist/test/chaos/queue/worker.js')
/** By one worker, at most: eight at work and eight at hand. */
const HELD = 16

let broker: BrokerProcess
let folder: string
let postgres: Awaited<ReturnType<typeof startPostgres>>
let database: Database
let databaseUrl: string
const workers: ChildProcess[] = []
const logs: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-queue-'))
  postgres = await startPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    settings: { max_connections: '200' },
  })
  databaseUrl = postgres.url
  await applyMigrations(databaseUrl, 'notification')
  database = new Database(databaseUrl)
  // Nothing keeps an effect from being there twice.
  await database.execute('CREATE TABLE worked (id text NOT NULL, attempt int NOT NULL, pid int NOT NULL)')
  broker = await startBroker({ settings: { 'group.share.min.record.lock.duration.ms': 1_000 } })
  const admin = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: NAME, numPartitions: 1, replicationFactor: 1 }] })
  await admin.disconnect()
})

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await broker?.close()
  await database?.close()
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

const now = (): number => Number(process.hrtime.bigint() / 1_000n)

/** Its log, by worker. */
const logOf: string[] = []

const startWorker = (index: number): void => {
  const logFile = join(folder, `worker-${logs.length}.log`)
  logs.push(logFile)
  logOf[index] = logFile
  const options = JSON.stringify({ brokers: [broker.brokers], databaseUrl, name: NAME, logFile, locksMs: 5_000 })
  workers[index] = spawn(process.execPath, [WORKER, options], { stdio: 'inherit' })
}

/** The next one that was given something: to kill one while it starts would show nothing. */
const oneAtWork = async (after: number): Promise<number | undefined> => {
  for (let i = 0; i < WORKERS; i++) {
    const index = (after + i) % WORKERS
    const { size } = await stat(logOf[index]!).catch(() => ({ size: 0 }))
    if (size > 0) return index
  }
  return undefined
}

const worked = async (): Promise<number> => {
  const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM worked')
  return row!.count
}

/** As an outbox does: again until the broker says that it has them, which may store them twice. */
const publishAll = async (): Promise<void> => {
  const publisher = kafkaPublisher({ brokers: [broker.brokers], clientId: 'test', compression: 'lz4' })
  for (let from = 0; from < MESSAGES; from += 100) {
    const numbers = Array.from({ length: Math.min(100, MESSAGES - from) }, (_, i) => from + i)
    const records = numbers.map((n) => ({ topic: NAME as Topic, record: encode(workOf(n)) }))
    while (
      !(await publisher.publish(records).then(
        () => true,
        () => false,
      ))
    )
      await pause(50)
  }
  await publisher.close()
}

test(`${MESSAGES} messages, ${WORKERS} workers of which one is killed every second, and a broker that is killed twice`, {
  timeout: 600_000,
}, async () => {
  const published = publishAll()
  for (let index = 0; index < WORKERS; index++) startWorker(index)
  const outages: Outage[] = []
  let workerKills = 0
  let isOver = false
  const kills = (async () => {
    while (!isOver) {
      await pause(KILL_EVERY_MS)
      const index = await oneAtWork(workerKills)
      if (index === undefined) continue
      workerKills++
      workers[index]!.kill('SIGKILL')
      startWorker(index)
    }
  })()
  for (const part of [1 / 4, 1 / 2]) {
    await until('half of the work', async () => (await worked()) > MESSAGES * part || undefined, { timeoutMs: 300_000 })
    const from = now()
    await broker.kill9()
    await broker.restart()
    outages.push({ from, until: now() })
  }
  await published
  await until('all work', async () => (await worked()) >= MESSAGES || undefined, { timeoutMs: 300_000 })
  isOver = true
  await kills
  const watcher = new WorkQueue({
    ...{ service: 'notification', brokers: [broker.brokers], database, groupCommit: new GroupCommit(database) },
    ...{ queue: queue(NAME, { types: ['payment.capture'] }), handler: { work: () => undefined } },
  })
  await until('an empty queue', async () => (await watcher.depth().catch(() => undefined))?.waiting === 0 || undefined)
  for (const worker of workers) worker.kill('SIGTERM')
  await Promise.all(workers.map((worker) => worker.exitCode ?? worker.signalCode ?? once(worker, 'exit')))

  const rows = await database.query<{ id: string; attempt: number }>('SELECT id, attempt FROM worked')
  const numbers = Array.from({ length: MESSAGES }, (_, n) => n)
  const inOrder = (each: readonly { id: string; attempt: number }[]) =>
    each.map(({ id, attempt }) => `${id} ${attempt}`).sort()
  // Each once in effect, none lost, and by the try that it needed.
  expect(inOrder(rows)).toEqual(inOrder(numbers.map((n) => ({ id: workOf(n).id, attempt: triesOf(`customer-${n}`) }))))
  expect(await database.query('SELECT FROM delayed_messages')).toEqual([])
  expect(await database.query('SELECT FROM parked_messages')).toEqual([])
  const records = await readDeliveries(logs)
  expect(problemsOf(records, outages)).toEqual([])
  expect(unheardOf(records)).toBeLessThanOrEqual(workerKills * HELD)
  const again = [...records.values()].filter(({ deliveries }) => deliveries.length > 1).length
  process.stdout.write(`${workerKills} workers killed, ${again} of ${records.size} records delivered more than once\n`)
})
