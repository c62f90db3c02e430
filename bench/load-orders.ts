import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '../test/support/client.ts'
import { until } from '../test/support/until.ts'
import { inParallel } from '../test/support/workload.ts'
import { completed } from './throughput.ts'

interface Load {
  readonly orders: number
  readonly connections: number
  /** Placed and not completed, at most. */
  readonly underWay: number
  /** Places the nth; answers the status that it was answered with. */
  readonly place: (n: number) => Promise<number>
}

/** Resolves once all of them completed. Each must be answered 201. */
export const loadOrders = async (client: Client, { orders, connections, underWay, place }: Load): Promise<void> => {
  const before = await completed(client)
  let done = 0
  const numbers = Array.from({ length: orders }, (_, n) => n)
  const placing = inParallel(numbers, connections, async (n) => {
    while (n - done >= underWay) await pause(5)
    const status = await place(n)
    if (status !== 201) throw new Error(`an order was answered ${status}`)
  })
  const all = until(
    `all ${orders} orders to complete`,
    async () => {
      done = (await completed(client)) - before
      return done === orders || undefined
    },
    { timeoutMs: 300_000, everyMs: 50 },
  )
  await Promise.all([placing, all])
}
