import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaPublisher } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { decodeRegisters, estimate, STANDARD_ERROR } from '#libs/streams'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { AnalyticsProcess } from './analytics-process.ts'
import { differences, MEASURES, storedSums } from './stored.ts'
import { STEP_MS, traffic } from './traffic.ts'
import { readTopic, type Sums, truthOf } from './truth.ts'

configureLogging({ level: 'silent' })

/** `ANALYTICS_EVENTS=100000 npm run test:int test/analytics` is the long form: all records are held in memory to be counted. */
const IS_LONG = process.env.ANALYTICS_EVENTS !== undefined
const EVENTS = Number(process.env.ANALYTICS_EVENTS ?? 30_000)
const AT_ONCE = 500
const SHORTEST_MS = IS_LONG ? 60_000 : 9_000
/** The long one runs on a machine that may be busy: who is killed before it has started is no trouble for anybody. */
const KILL_MS = IS_LONG ? 5_000 : 2_000
const BROKER_KILLS = IS_LONG ? 5 : 1
const LONGEST_MS = IS_LONG ? 300_000 + 2 * EVENTS : 120_000
const SETTLED_MS = LONGEST_MS / 2

/** That KAFKA_BROKERS names is nobody's to kill, and has to be without these topics; else a bundled one is. */
const given = process.env.KAFKA_BROKERS
let broker: BrokerProcess | undefined
let server: TestDatabase
let database: pg.Client
const processes: AnalyticsProcess[] = []
/** Nobody is killed, and started again, any more. */
let isOver = false
beforeAll(async () => {
  ;[broker, server] = await Promise.all([given === undefined ? startBroker() : undefined, testDatabase('analytics')])
  database = new pg.Client({ connectionString: server.url })
  await database.connect()
})
afterAll(async () => {
  // A test that took too long has not said so.
  isOver = true
  // How they end is nothing that is asked here.
  await Promise.all(processes.map((each) => each.kill()))
  await database.end()
  await server.drop()
  await broker?.close()
})

const brokers = (): string => given ?? broker!.brokers

const start = async (name: string): Promise<AnalyticsProcess> => {
  const started = await AnalyticsProcess.start({ brokers: brokers(), databaseUrl: server.url }, name)
  processes.push(started)
  return started
}

/** As fast as is wished for, and again whatever the broker did not take: some events are stored twice. */
const publishAll = async (): Promise<void> => {
  const publisher = kafkaPublisher({ brokers: brokers().split(','), clientId: 'traffic', compression: 'snappy' })
  // All of it has happened: nobody is ahead of the clock.
  const events = traffic(7, Date.now() - EVENTS * STEP_MS)
  for (let sent = 0; sent < EVENTS; sent += AT_ONCE) {
    const records = Array.from({ length: AT_ONCE }, () => ({ ...events.next().value!, headers: {} }))
    const batch = records.map((record) => ({ topic: 'shop-events' as const, record }))
    for (let isThere = false; !isThere; )
      isThere = await publisher.publish(batch).then(
        () => true,
        () => pause(50).then(() => false),
      )
    await pause((SHORTEST_MS * AT_ONCE) / EVENTS)
  }
  await publisher.close()
}

/** What is answered is what is stored, of one hour by country; and whoever looks hears of the newest seconds. */
const expectAnswers = async (url: string, truth: Sums): Promise<void> => {
  const [first] = [...truth.keys()].filter((name) => /^3600000 .* country DE visits$/.test(name)).sort()
  const of = (measure: string) => truth.get(first!.replace(/visits$/, measure))!
  const start = Number(first!.split(' ')[1])
  const [from, to] = [new Date(start).toISOString(), new Date(start + 3_600_000).toISOString()]
  const answer = await fetch(`${url}/analytics/sales?step=1h&by=country&from=${from}&to=${to}`)
  const { items } = (await answer.json()) as { items: { key: string; revenue: number; start: string }[] }
  expect(items.find(({ key }) => key === 'DE')).toMatchObject({ start: from, revenue: of('revenue') })

  const visits = await fetch(`${url}/analytics/visits?step=1h&by=country&from=${from}&to=${to}`)
  const counted = (await visits.json()) as { items: { key: string; visits: number; averageSeconds: number }[] }
  expect(counted.items.find(({ key }) => key === 'DE')).toMatchObject({
    ...{ start: from, visits: of('visits'), pages: of('pages'), pagesPerVisit: of('pages') / of('visits') },
    averageSeconds: Math.round(of('duration') / of('visits')) / 1_000,
  })

  const ending = new AbortController()
  const live = await fetch(`${url}/analytics/live`, { signal: ending.signal })
  let text = ''
  for await (const chunk of live.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (/"seconds":\[\{"start":\d+/.test(text)) break
  }
  ending.abort()
  expect(text).toContain('event: results')
}

test(
  'every number of every window is the truth, whoever is killed, joins and leaves',
  async () => {
    const first = await start('first')
    await first.isReady()
    const trouble = async () => {
      for (let round = 0; !isOver; round++) {
        await pause(KILL_MS)
        if (isOver) break
        if (round === 1) await start('second')
        else if (round === 3) await processes[1]!.stop()
        else await first.kill9()
      }
    }
    const brokerTrouble = async () => {
      for (let kills = 0; broker !== undefined && kills < BROKER_KILLS && !isOver; kills++) {
        await pause(SHORTEST_MS / (BROKER_KILLS + 1))
        await broker.kill9()
        await broker.restart()
      }
    }
    const troubles = [trouble(), brokerTrouble()]
    await publishAll()
    isOver = true
    await Promise.all(troubles)
    const { sums, visitors } = truthOf(await readTopic(brokers(), 'shop-events'))
    const total = [...sums].reduce((sum, [name, value]) => sum + (name.startsWith('3600000 ') ? value : 0), 0)
    expect(total).toBeGreaterThan(EVENTS)
    for (const measure of MEASURES.filter((measure) => measure !== 'early'))
      expect(
        [...sums.keys()].some((name) => name.endsWith(` ${measure}`)),
        measure,
      ).toBe(true)
    await expect
      .poll(async () => differences(await storedSums(database), sums), { timeout: SETTLED_MS, interval: 500 })
      .toEqual([])

    await expectAnswers(first.url, sums)

    const { rows } = await database.query<{ step: number; start: string; visitors: number[] }>(
      'SELECT step, (extract(epoch FROM start) * 1000)::bigint AS start, visitors FROM window_sketches WHERE step > 1000',
    )
    for (const { step, start, visitors: registers } of rows) {
      const exact = visitors.get(`${step} ${start}`)?.size ?? 0
      const off = Math.abs(estimate(decodeRegisters(registers)) - exact)
      expect(off).toBeLessThanOrEqual(Math.max(3, 4 * STANDARD_ERROR * exact))
    }
  },
  LONGEST_MS,
)
