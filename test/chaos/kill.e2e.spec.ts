import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, TERMINAL } from '../support/client.ts'
import { brokenTraces, Collector } from '../support/collector.ts'
import { MAILS_UNDER_WAY, stockLevels, violations } from '../support/oracle.ts'
import { watchOracle } from '../support/oracle-watch.ts'
import { outOfOrder } from '../support/order-sequence.ts'
import { allReturns, returnIdsIn, sendBack } from '../support/returns.ts'
import { watchLevels } from '../support/stock-history.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { everyday, inParallel, plan, seeded } from '../support/workload.ts'

const ORDERS = Number(process.env.CHAOS_ORDERS ?? 1_000)
const SEED = Number(process.env.CHAOS_SEED ?? 20_260_101)
const VICTIMS = [
  'payment',
  'order',
  'broker',
  'inventory',
  'postgres',
  'fulfillment',
  'query',
  'notification',
  'simulators',
  'console',
]
/** Killed: notification, and the mail server. */
const MAY_REPEAT_MAILS = 2

/** As often as it takes, all of them are traced. */
const EVERY_TRACE = '1000000'

const collector = new Collector()
let system: RunningSystem
let client: Client
beforeAll(async () => {
  const endpoint = await collector.listen()
  system = await startSystem(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, TRACES_PER_SECOND: EVERY_TRACE })
  client = new Client(system.url)
  // So that returns end in every way that they may.
  const rates = { returnLossRate: 0.1, returnImpossibleRate: 0.1, inspectionRefusalRate: 0.3 }
  expect((await client.call('PUT', '/api/simulators/carrier/settings', rates)).status).toBe(200)
})
afterAll(async () => {
  await system?.stop()
  collector.close()
})

test(`${ORDERS} orders of both styles and their returns, every process killed once under them (seed ${SEED}): nothing lost, nothing doubled, each trace whole`, {
  timeout: 900_000,
}, async () => {
  const before = await stockLevels(client)
  const random = seeded(SEED)
  const planned = await plan(client, ORDERS, everyday, random)
  const victims = VICTIMS.filter((name) => name !== 'broker' || system.bundledBroker)
  const every = Math.floor(ORDERS / (victims.length + 1))

  const placed: string[] = []
  const sentBack: Promise<string[]>[] = []
  let isOver = false
  const watched = watchLevels(client, [...before.keys()], () => isOver)
  const oracle = watchOracle(client, () => isOver)
  let kills = Promise.resolve()
  await inParallel(planned, 12, async ({ request, cancel, returns }, index) => {
    const victim = index > 0 && index % every === 0 ? victims[index / every - 1] : undefined
    // One after the other: each comes back before the next one goes.
    if (victim !== undefined) kills = kills.then(() => system.killAndAwaitRestart(victim))
    const orderId = await client.placeSurely(request)
    placed.push(orderId)
    if (cancel) await client.cancelSurely(orderId)
    sentBack.push(sendBack(client, orderId, returns))
  })
  await kills
  expect(new Set(placed).size).toBe(ORDERS)

  const orders = await until(
    'every order to end',
    async () => {
      const now = await Promise.all(placed.map((orderId) => client.order(orderId).catch(() => undefined)))
      const ended = now.filter((order) => order !== undefined && TERMINAL.has(order.status))
      return ended.length === placed.length ? now.map((order) => order!) : undefined
    },
    { timeoutMs: 300_000, everyMs: 2_000 },
  ).finally(() => {
    isOver = true
  })
  const { looks, problems } = await watched
  expect(problems).toEqual([])
  expect(looks).toBeGreaterThan(0)
  const seen = await oracle
  expect(seen.problems).toEqual([])
  expect(seen.whole).toBeGreaterThan(0)
  expect(new Set(orders.map(({ coordination }) => coordination)).size).toBe(2)
  const returnIds = (await Promise.all(sentBack)).flat()
  expect(returnIds.length).toBeGreaterThan(ORDERS / 20)
  const repeatedMails = MAY_REPEAT_MAILS * MAILS_UNDER_WAY
  expect(await violations(client, orders, before, { repeatedMails })).toEqual([])
  expect(returnIdsIn(await allReturns(client)).toSorted()).toEqual(returnIds.toSorted())
  expect(await outOfOrder(system.brokers, placed)).toEqual([])

  let broken: string[] = []
  // What a killed process had not sent is sent by the one that came after it, and what nobody ended after half a minute.
  await until(
    'the last spans',
    async () => {
      broken = orders.flatMap((order) => brokenTraces(collector, order))
      return broken.length === 0 || undefined
    },
    { timeoutMs: 90_000, everyMs: 2_000 },
  ).catch(() => {})
  expect(broken.length, broken.slice(0, 20).join('\n')).toBe(0)
})
