import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaPublisher } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { AnalyticsProcess } from './analytics-process.ts'
import { differences, storedSums } from './stored.ts'
import { traffic } from './traffic.ts'
import { readTopic, truthOf } from './truth.ts'

configureLogging({ level: 'silent' })

const EVENTS = 10_000
/** Visits end within half of them. */
const STEP_MS = 100
const AT_ONCE = 250
const PATIENCE = { timeout: 60_000, interval: 200 }

let broker: BrokerProcess
let server: TestDatabase
let database: pg.Client
const processes: AnalyticsProcess[] = []
beforeAll(async () => {
  ;[broker, server] = await Promise.all([startBroker(), testDatabase('analytics')])
  database = new pg.Client({ connectionString: server.url })
  await database.connect()
})
afterAll(async () => {
  await Promise.all(processes.map((each) => each.kill()))
  await database.end()
  await server.drop()
  await broker.close()
})

const start = async (name: string): Promise<AnalyticsProcess> => {
  const where = { brokers: broker.brokers, databaseUrl: server.url, standbys: 1 }
  const started = await AnalyticsProcess.start(where, name)
  processes.push(started)
  await started.isReady()
  return started
}

/** Records of the changelog that a process took state from, read by a copy before, or when it took over. */
const restored = async ({ url }: AnalyticsProcess, from: 'standby' | 'changelog'): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found = new RegExp(`^waybill_streams_restored_records_total\\{[^}]*from="${from}"[^}]*\\} (\\d+)`, 'm').exec(
    text,
  )
  return Number(found?.[1] ?? 0)
}

test('who takes over after a kill has the state from its copy, and every number is the truth', async () => {
  const first = await start('first')
  const second = await start('second')
  const publisher = kafkaPublisher({ brokers: broker.brokers.split(','), clientId: 'traffic', compression: 'snappy' })
  const events = traffic(7, Date.now() - EVENTS * STEP_MS, STEP_MS)
  const publish = async (count: number) => {
    for (let sent = 0; sent < count; sent += AT_ONCE) {
      const records = Array.from({ length: AT_ONCE }, () => ({ ...events.next().value!, headers: {} }))
      await publisher.publish(records.map((record) => ({ topic: 'shop-events' as const, record })))
    }
  }
  const expectTruth = async () => {
    const { sums } = truthOf(await readTopic(broker.brokers, 'shop-events'))
    await expect.poll(async () => differences(await storedSums(database), sums), PATIENCE).toEqual([])
  }
  await publish(EVENTS / 2)
  await expectTruth()
  const before = await restored(second, 'changelog')

  await first.kill()
  await publish(EVENTS / 2)
  await expectTruth()
  const copied = await restored(second, 'standby')
  expect(copied).toBeGreaterThan(500)
  // What was committed between its last look and the kill.
  expect((await restored(second, 'changelog')) - before).toBeLessThan(copied / 4)
  await publisher.close()
})
