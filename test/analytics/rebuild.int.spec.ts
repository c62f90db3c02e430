import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KafkaPublisher, kafkaPublisher } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { AnalyticsProcess } from './analytics-process.ts'
import { differences, storedSums } from './stored.ts'
import { traffic } from './traffic.ts'
import { readTopic, type Sums, truthOf } from './truth.ts'

configureLogging({ level: 'silent' })

const AT_ONCE = 500
/** Of events that are published in all, at most: none is ahead of the clock. */
const EVENTS = 12_000
/** Visits end within the first part of them; and all of it is within the half an hour for which seconds are kept. */
const STEP_MS = 100
const PATIENCE = { timeout: 60_000, interval: 200 }

let broker: BrokerProcess
let server: TestDatabase
let folder: string
let database: pg.Client
/** Whose locks hold others up. */
let other: pg.Client
let publisher: KafkaPublisher
let analytics: AnalyticsProcess
const events = traffic(7, Date.now() - EVENTS * STEP_MS, STEP_MS)

beforeAll(async () => {
  ;[broker, server] = await Promise.all([startBroker(), testDatabase('analytics')])
  folder = await mkdtemp(join(tmpdir(), 'waybill-rebuild-'))
  database = new pg.Client({ connectionString: server.url })
  other = new pg.Client({ connectionString: server.url })
  await Promise.all([database.connect(), other.connect()])
  const where = { brokers: broker.brokers, databaseUrl: server.url, archive: folder }
  analytics = await AnalyticsProcess.start(where, 'first')
  await analytics.isReady()
  publisher = kafkaPublisher({ brokers: broker.brokers.split(','), clientId: 'traffic', compression: 'snappy' })
})
afterAll(async () => {
  await publisher?.close()
  await analytics?.kill()
  await Promise.all([database.end(), other.end()])
  await server.drop()
  await broker.close()
  await rm(folder, { recursive: true })
})

const publish = async (count: number): Promise<void> => {
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const records = Array.from({ length: AT_ONCE }, () => ({ ...events.next().value!, headers: {} }))
    await publisher.publish(records.map((record) => ({ topic: 'shop-events' as const, record })))
  }
}

const truth = async (): Promise<Sums> => truthOf(await readTopic(broker.brokers, 'shop-events')).sums
const expectTruth = async (): Promise<void> => {
  const expected = await truth()
  await expect.poll(async () => differences(await storedSums(database), expected), PATIENCE).toEqual([])
}

const post = async (path: string, body: object = {}) =>
  fetch(`${analytics.url}/analytics/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify(body),
  })

interface Looked {
  readonly served: number
  readonly rebuild?: {
    readonly generation: number
    readonly state: string
    readonly attempt: number
    readonly events: number
  }
}
const look = async (): Promise<Looked | undefined> =>
  fetch(`${analytics.url}/analytics/rebuild`).then(
    async (answer) => (answer.ok ? ((await answer.json()) as Looked) : undefined),
    () => undefined,
  )
const ended = (generation: number, state: string) =>
  expect.poll(async () => (await look())?.rebuild, PATIENCE).toMatchObject({ generation, state })

/** The rest of every window: who was there, what baskets were worth, what sold best, how long visits were. */
const sketches = async () => {
  const { rows } = await database.query<{ baskets: unknown[]; top: unknown[] }>(
    `SELECT step, start, visitors, baskets, top FROM window_sketches
      WHERE generation = (SELECT generation FROM served_generation) ORDER BY step, start`,
  )
  const sorted = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort()
  const visits = await database.query<{ durations: unknown[] }>(
    `SELECT step, start, dimension, key, durations FROM window_visits
      WHERE generation = (SELECT generation FROM served_generation) ORDER BY step, start, dimension, key`,
  )
  return [
    ...rows.map((row) => ({ ...row, baskets: sorted(row.baskets), top: sorted(row.top) })),
    ...visits.rows.map((row) => ({ ...row, durations: sorted(row.durations) })),
  ]
}

/** While `work` goes on, nothing that is served can change: a rebuild comes up to its switch, and waits there. */
const withoutSwitch = async (work: () => Promise<void>): Promise<void> => {
  await other.query('BEGIN')
  await other.query('SELECT * FROM sink_positions FOR UPDATE')
  try {
    await work()
  } finally {
    await other.query('ROLLBACK')
  }
}

const rebuildWaits = () =>
  expect
    .poll(async () => {
      const { rows } = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sink_positions ORDER BY%'
            AND datname = current_database()`,
      )
      return rows.length
    }, PATIENCE)
    .toBeGreaterThan(0)

test('what somebody falsified is as it was after a rebuild, from the archive and the topic', async () => {
  await publish(4_000)
  await expectTruth()
  const before = await sketches()
  await database.query(`UPDATE window_counts SET revenue = revenue + 7, late = late + 1 WHERE dimension <> 'device'`)
  await database.query(`DELETE FROM window_counts WHERE dimension = 'device' AND key = 'tablet'`)
  await database.query(`UPDATE window_sketches SET visitors = '[]', top = '[]' WHERE step > 1000`)
  await database.query(`UPDATE window_visits SET visits = visits + 1, durations = '[]' WHERE dimension <> 'device'`)
  await database.query('UPDATE panes SET partition = partition + 100')
  expect(differences(await storedSums(database), await truth())).not.toEqual([])

  const answer = await post('rebuild', { reason: 'somebody changed numbers by hand' })
  expect(answer.status).toBe(202)
  await ended(1, 'served')
  expect(differences(await storedSums(database), await truth())).toEqual([])
  expect(await sketches()).toEqual(before)
  // What is corrected later is corrected on top of it.
  await publish(1_000)
  await expectTruth()
  await expect
    .poll(async () => (await database.query('SELECT 1 FROM window_counts WHERE generation = 0')).rows.length, PATIENCE)
    .toBe(0)
})

test('one at a time; who is killed over it begins again; what comes meanwhile is neither missed nor doubled', async () => {
  await withoutSwitch(async () => {
    expect((await post('rebuild', { source: 'topic' })).status).toBe(202)
    await rebuildWaits()
    await publish(1_000)
    const second = await post('rebuild')
    expect(second.status).toBe(409)
    expect(await second.json()).toMatchObject({ type: expect.stringContaining('rebuild-under-way') })
    await analytics.kill9()
    await publish(500)
  })
  await ended(2, 'served')
  expect((await look())!.rebuild!.attempt).toBe(2)
  await expectTruth()
})

test('a rebuild that is cancelled leaves nothing behind', async () => {
  await withoutSwitch(async () => {
    expect((await post('rebuild')).status).toBe(202)
    await rebuildWaits()
    expect((await post('rebuild/cancel')).status).toBe(202)
    expect((await post('rebuild/cancel')).status).toBe(409)
  })
  await ended(3, 'cancelled')
  expect((await look())!.served).toBe(2)
  await expect
    .poll(async () => (await database.query('SELECT 1 FROM window_counts WHERE generation = 3')).rows.length, PATIENCE)
    .toBe(0)
  await publish(500)
  await expectTruth()
})

test('events flow all the time', async () => {
  const flow = publish(4_000)
  for (const source of ['archive', 'topic'] as const) {
    expect((await post('rebuild', { source })).status).toBe(202)
    await expect.poll(async () => (await look())?.rebuild?.state, PATIENCE).toBe('served')
  }
  await flow
  await expectTruth()
})
