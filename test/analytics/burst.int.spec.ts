import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { until } from '../support/until.ts'
import { AnalyticsProcess } from './analytics-process.ts'
import { countedIn, isAlmost, publishBurst, salesUrl } from './burst.ts'

configureLogging({ level: 'silent' })

const EVENTS = 30_000
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

test(
  'who asks while a burst of old events is worked off is answered, all the way through',
  async () => {
    const sales = salesUrl(analytics.url)
    /** How much of the burst was counted when each answer came. */
    const answers: number[] = []
    await publishBurst(broker.brokers, EVENTS)
    await until(
      'the burst to be counted',
      async () => {
        const { status } = await fetch(sales)
        expect(status).toBe(200)
        answers.push(await countedIn(database))
        return isAlmost(answers.at(-1)!, EVENTS) || undefined
      },
      { timeoutMs: LONGEST_MS },
    )
    // One who is answered only now and then, or when all is done, sees few states of it.
    expect(new Set(answers).size).toBeGreaterThan(10)
  },
  LONGEST_MS + 60_000,
)
