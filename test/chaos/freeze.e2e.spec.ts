import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, type Order, TERMINAL } from '../support/client.ts'
import { freeze } from '../support/freeze.ts'
import { MAILS_UNDER_WAY, type StockLevels, stockLevels, violations } from '../support/oracle.ts'
import { outOfOrder } from '../support/order-sequence.ts'
import { type Replica, startReplica } from '../support/replica.ts'
import { sendBack } from '../support/returns.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { everyday, inParallel, plan, seeded } from '../support/workload.ts'

/** Longer than a transaction may be idle, a relay silent, and a consumer away from its group. */
const FROZEN_MS = Number(process.env.CHAOS_FREEZE_MS ?? 12_000)
const FROZEN_TOGETHER = [
  ['order', 'query', 'console'],
  ['payment', 'notification', 'simulators'],
  ['inventory', 'fulfillment'],
  ['broker'],
  ['postgres'],
]
const WORKERS = 8
/** More than are placed while everything is frozen for a minute in turn. */
const PLANNED = 20_000
/** Between two orders of a worker, milliseconds: a stream that is going on in the moment that somebody freezes. */
const GAP_MS = 400
/** Frozen: notification, its twin, and the mail server. */
const MAY_REPEAT_MAILS = 3

let system: RunningSystem
let client: Client
let before: StockLevels
const placed: string[] = []
const sentBack: Promise<string[]>[] = []
const replicas: Replica[] = []
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
  before = await stockLevels(client)
})
afterAll(async () => {
  for (const replica of replicas) replica.kill()
  await system?.stop()
})

/** Places orders for as long as the work lasts. */
const during = async (seed: number, work: () => Promise<void>): Promise<void> => {
  const planned = await plan(client, PLANNED, everyday, seeded(seed))
  let next = 0
  let working = true
  const placing = Array.from({ length: WORKERS }, async () => {
    while (working && next < planned.length) {
      const { request, cancel, returns } = planned[next++]!
      const orderId = await client.placeSurely(request)
      placed.push(orderId)
      if (cancel) await client.cancelSurely(orderId)
      sentBack.push(sendBack(client, orderId, returns))
      await pause(GAP_MS)
    }
  })
  await work().finally(() => {
    working = false
  })
  await Promise.all(placing)
}

/** Answers the order once it has ended; whoever is frozen meanwhile may keep the answer back. */
const ended = (orderId: string): Promise<Order> =>
  until(
    `order ${orderId} to end`,
    async () => {
      const order = await client.order(orderId).catch(() => undefined)
      return order !== undefined && TERMINAL.has(order.status) ? order : undefined
    },
    { timeoutMs: 180_000, everyMs: 250 },
  )

const allEnded = async (orderIds: readonly string[]): Promise<Order[]> => {
  const orders: Order[] = []
  await inParallel(orderIds, 12, async (orderId) => void orders.push(await ended(orderId)))
  return orders
}

/** What all orders so far came to; none may be lost, none doubled, nothing be parked. */
const checkEverything = async (): Promise<void> => {
  const orders = await allEnded(placed)
  expect((await Promise.all(sentBack)).flat()).not.toEqual([])
  const repeatedMails = MAY_REPEAT_MAILS * MAILS_UNDER_WAY
  expect(await violations(client, orders, before, { repeatedMails })).toEqual([])
  expect(await outOfOrder(system.brokers, placed)).toEqual([])
}

test(`every process frozen for ${FROZEN_MS} ms under orders and thawed: nothing lost, nothing doubled`, {
  timeout: 600_000,
}, async () => {
  await during(11, async () => {
    for (const names of FROZEN_TOGETHER) {
      if (names.includes('broker') && !system.bundledBroker) continue
      const thaw = await Promise.all(names.map(async (name) => freeze(await system.pidOf(name))))
      await pause(FROZEN_MS)
      for (const each of thaw) each()
      // Who freezes next must meet a system that works.
      const next = placed.length
      await ended(await until(`an order after ${names.join(' and ')}`, async () => placed[next]))
    }
  })
  await checkEverything()
})

test('a frozen twin holds nobody: orders end while it is frozen, and thawed it does no harm', {
  timeout: 300_000,
}, async () => {
  for (const service of ['order', 'payment', 'inventory', 'fulfillment', 'notification', 'query'])
    replicas.push(await startReplica(system, service))
  const first = placed.length
  const thaw: (() => void)[] = []
  await during(12, async () => {
    await until('orders to flow', async () => placed.length > first + 20 || undefined)
    thaw.push(...(await Promise.all(replicas.map(({ pid }) => freeze(pid)))))
    await until('orders to be placed beside them', async () => placed.length > first + 60 || undefined)
  })
  await allEnded(placed.slice(first))
  for (const each of thaw) each()
  await during(13, () => until('orders to flow', async () => placed.length > first + 80 || undefined).then(() => {}))
  await checkEverything()
  expect(await Promise.all(replicas.map((replica) => replica.terminate()))).toEqual(Array(replicas.length).fill(0))
})
