import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaPublisher } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { until } from '../support/until.ts'
import { AnalyticsProcess } from './analytics-process.ts'
import { traffic } from './traffic.ts'

configureLogging({ level: 'silent' })

const EVENTS = 30_000
/** From one event to the next: nearly every one is in a second of its own in its partition, so there are about as many results. */
const STEP_MS = 35
const AT_ONCE = 5_000
const LONGEST_MS = 240_000

let broker: BrokerProcess
let server: TestDatabase
let database: pg.Client
let analytics: AnalyticsProcess
beforeAll(async () => {
  ;[broker, server] = await Promise.all([startBroker(), testDatabase('analytics')])
  database = new pg.Client({ connectionString: server.url })
  await database.connect()
  analytics = await AnalyticsProcess.start({ brokers: broker.brokers, databaseUrl: server.url }, 'first')
  await analytics.isReady()
})
afterAll(async () => {
  await analytics.kill()
  await database.end()
  await server.drop()
  await broker.close()
})

const publishBurst = async (): Promise<void> => {
  const events = traffic(7, Date.now() - EVENTS * STEP_MS, STEP_MS)
  const publisher = kafkaPublisher({ brokers: broker.brokers.split(','), clientId: 'traffic', compression: 'snappy' })
  for (let sent = 0; sent < EVENTS; sent += AT_ONCE) {
    const records = Array.from({ length: AT_ONCE }, () => ({ ...events.next().value!, headers: {} }))
    await publisher.publish(records.map((record) => ({ topic: 'shop-events' as const, record })))
  }
  await publisher.close()
}

/** How many records are counted, in whichever way. */
const counted = async (): Promise<number> => {
  const { rows } = await database.query<{ counted: string }>(
    `SELECT coalesce(sum(views + searches + baskets + checkouts + late + duplicates + unreadable), 0) AS counted
       FROM window_counts WHERE step = 3600000 AND dimension = 'all'`,
  )
  return Number(rows[0]!.counted)
}

test(
  'who asks while a burst of old events is worked off is answered, all the way through',
  async () => {
    const [from, to] = [new Date(Date.now() - 24 * 3_600_000), new Date(Date.now() + 3_600_000)]
    const sales = `${analytics.url}/analytics/sales?step=1h&by=all&from=${from.toISOString()}&to=${to.toISOString()}`
    /** How much of the burst was counted when each answer came. */
    const answers: number[] = []
    await publishBurst()
    await until(
      'the burst to be counted',
      async () => {
        const { status } = await fetch(sales)
        expect(status).toBe(200)
        answers.push(await counted())
        // Things are taken out of baskets, which is counted nowhere.
        return answers.at(-1)! >= EVENTS * 0.97 || undefined
      },
      { timeoutMs: LONGEST_MS },
    )
    // One who is answered only now and then, or when all is done, sees few states of it.
    expect(new Set(answers).size).toBeGreaterThan(10)
  },
  LONGEST_MS + 60_000,
)
