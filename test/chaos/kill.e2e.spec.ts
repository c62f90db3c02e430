import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, TERMINAL } from '../support/client.ts'
import { stockLevels, violations } from '../support/oracle.ts'
import { outOfOrder } from '../support/order-sequence.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { readTopic } from '../support/topic.ts'
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

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
})
afterAll(() => system?.stop())

test(`${ORDERS} orders, every process killed once while they are placed (seed ${SEED}): nothing lost, nothing doubled`, {
  timeout: 900_000,
}, async () => {
  const before = await stockLevels(client)
  const random = seeded(SEED)
  const planned = await plan(client, ORDERS, everyday, random)
  const victims = VICTIMS.filter((name) => name !== 'broker' || system.bundledBroker)
  const every = Math.floor(ORDERS / (victims.length + 1))

  const placed: string[] = []
  let kills = Promise.resolve()
  await inParallel(planned, 12, async ({ request, cancel }, index) => {
    const victim = index > 0 && index % every === 0 ? victims[index / every - 1] : undefined
    // One after the other: each comes back before the next one goes.
    if (victim !== undefined) kills = kills.then(() => system.killAndAwaitRestart(victim))
    const orderId = await client.placeSurely(request)
    placed.push(orderId)
    if (cancel) await client.call('POST', `/api/orders/${orderId}/cancel`).catch(() => {})
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
  )
  await until('every saga to end', async () => {
    const { items } = await client.get<{ items: unknown[] }>('/api/sagas?state=running&limit=1')
    return items.length === 0 || undefined
  })
  expect(await violations(client, orders, before)).toEqual([])
  const ours = new Set(placed)
  const records = (await readTopic(system.brokers, 'orders')).filter(({ headers }) =>
    ours.has(headers.ce_subject ?? ''),
  )
  expect(outOfOrder(records)).toEqual([])
  expect(new Set(records.map(({ id }) => id)).size).toBeGreaterThanOrEqual(2 * ORDERS)
})
