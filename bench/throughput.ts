import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, orderOf } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { until } from '../test/support/until.ts'
import { report } from './figures.ts'
import { printPerOrder, processorTimes } from './processor.ts'

/** Orders under way at most: enough to keep every service busy, not so many that the queue is what is measured. */
const UNDER_WAY = 2_000
const CONNECTIONS = 48
/** The services' code is compiled as it gets hot, which takes its time on nine processes that share two cores. Seconds. */
const WARM_UP_S = 30

/**
 * Orders per second from HTTP 201 to completed, sustained, everything on this machine: as many are placed as
 * complete. The count of completed ones is the read model's own. Afterwards every single order must have completed
 * and the provider must have captured exactly their price.
 */
export const throughput = async (system: RunningSystem, client: Client, seconds: number): Promise<void> => {
  const skus = await plentifulSkus(client)
  const captured = (await totals(client)).captured
  const completedBefore = await completed(client)
  let placed = 0
  let worth = 0
  let done = 0
  let running = true
  const placing = Array.from({ length: CONNECTIONS }, async (_, connection) => {
    while (running) {
      if (placed - done >= UNDER_WAY) {
        await pause(5)
        continue
      }
      const n = placed++
      const answer = await client.place(
        orderOf({ [skus[n % skus.length]!]: 1 }, { customerId: `bench-${connection}-${n % 50}` }),
        randomUUID(),
      )
      if (answer.status !== 201) throw new Error(`an order was answered ${answer.status}`)
      worth += answer.body.total.amount
    }
  })
  const counting = (async () => {
    while (running) {
      done = (await completed(client)) - completedBefore
      await pause(100)
    }
  })()
  await pause(WARM_UP_S * 1_000)
  const [startedAt, startedWith, spentBefore] = [performance.now(), done, await processorTimes(system)]
  await pause(seconds * 1_000)
  const completedMeanwhile = done - startedWith
  const rate = completedMeanwhile / ((performance.now() - startedAt) / 1_000)
  const spent = await processorTimes(system)
  running = false
  await Promise.all([...placing, counting])

  await until(
    `all ${placed} orders to complete`,
    async () => (await completed(client)) - completedBefore === placed || undefined,
    {
      timeoutMs: 300_000,
      everyMs: 250,
    },
  )
  const kept = (await totals(client)).captured - captured
  if (kept !== worth) throw new Error(`${kept} was captured for orders worth ${worth}`)
  console.log(`${rate.toFixed(0)} orders/s`)
  report(
    `orders, 201 to completed, ${seconds} s, none lost of ${placed}`,
    `${rate.toFixed(0)}/s`,
    '≥ 300/s',
    rate >= 300,
  )
  printPerOrder(spentBefore, spent, completedMeanwhile)
}

export const plentifulSkus = async (client: Client): Promise<string[]> => {
  const { items } = await client.get<{ items: { sku: string; available: number }[] }>('/api/stock')
  const skus = items.filter(({ available }) => available > 1_000).map(({ sku }) => sku)
  for (const sku of skus)
    await client.call('POST', `/api/stock/${sku}/receipts`, { quantity: 100_000 }, { 'idempotency-key': randomUUID() })
  return skus
}

/** Of each minute that was ever looked at: the view shows the last sixty. */
const minutes = new WeakMap<Client, Map<string, number>>()

/** Orders that have completed, for whoever looks at least once an hour. */
export const completed = async (client: Client): Promise<number> => {
  const { items } = await client.get<{ items: { minute: string; orders: number }[] }>('/api/sales')
  const seen = minutes.get(client) ?? new Map<string, number>()
  minutes.set(client, seen)
  for (const { minute, orders } of items) seen.set(minute, orders)
  return [...seen.values()].reduce((sum, orders) => sum + orders, 0)
}

const totals = (client: Client): Promise<{ captured: number }> => client.get('/api/simulators/payment/totals')
