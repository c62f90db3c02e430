import { randomUUID } from 'node:crypto'
import { questionTopics, topicNames } from '#libs/contracts'
import { topicOffsets } from '#libs/messaging'
import { type Client, type Coordination, type Order, orderOf } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { until } from '../test/support/until.ts'
import { ms, percentile } from './figures.ts'
import { loadOrders } from './load-orders.ts'
import { processorTimes, totalOf } from './processor.ts'
import { plentifulSkus } from './throughput.ts'

const WARM_UP = 100
/** Orders of a style in one turn, and orders under way at most. */
const ORDERS = 250
const UNDER_WAY = 100
const CONNECTIONS = 24
/** Of each order in turn, by itself: what latency is taken of. */
const AT_REST = 40
const ROUNDS = 2

/** Those that orders travel by. */
const orderTopics = topicNames.filter((topic) => !Object.hasOwn(questionTopics, topic))

interface Sums {
  messages: number
  processorMs: number
  orders: number
  readonly latencies: number[]
}

/**
 * The same orders in both styles, in turns, in one run: messages per order, latency at rest and processor time per
 * order of all processes under load. Every order must complete, and in each turn every message is counted, on every topic.
 */
export const coordination = async (system: RunningSystem, client: Client): Promise<void> => {
  await client.call('PUT', '/api/simulators/payment/settings', { latencyMs: 0 })
  await client.call('PUT', '/api/simulators/carrier/settings', { latencyMs: 0, dispatchMs: 0, deliveryMs: 0 })
  const skus = await plentifulSkus(client)
  const styles: Record<Coordination, Sums> = { orchestrated: nothing(), choreographed: nothing() }
  for (const style of ['orchestrated', 'choreographed'] as const) await load(client, skus, style, WARM_UP)
  for (let round = 0; round < ROUNDS; round++) {
    for (const style of ['orchestrated', 'choreographed'] as const) {
      const sums = styles[style]
      sums.latencies.push(...(await latencies(client, style)))
      await published(system)
      const [messages, spent] = [await published(system), totalOf(await processorTimes(system))]
      await load(client, skus, style, ORDERS)
      sums.messages += (await published(system)) - messages
      sums.processorMs += totalOf(await processorTimes(system)) - spent
      sums.orders += ORDERS
    }
  }
  console.log(`${''.padEnd(16)} ${['messages/order', 'p50 ms', 'p99 ms', 'CPU ms/order'].map(column).join('')}`)
  for (const [style, { messages, processorMs, orders, latencies }] of Object.entries(styles)) {
    const figures = [
      (messages / orders).toFixed(2),
      ms(percentile(latencies, 50)),
      ms(percentile(latencies, 99)),
      (processorMs / orders).toFixed(2),
    ]
    console.log(`${style.padEnd(16)} ${figures.map(column).join('')}`)
  }
}

const nothing = (): Sums => ({ messages: 0, processorMs: 0, orders: 0, latencies: [] })
const column = (text: string): string => text.padStart(16)

/** Resolves once all of them completed, and what follows from that was said. */
const load = (client: Client, skus: readonly string[], style: Coordination, orders: number): Promise<void> => {
  const place = async (n: number): Promise<number> => {
    const request = orderOf({ [skus[n % skus.length]!]: 1 }, { customerId: `style-${n % 200}`, coordination: style })
    return (await client.place(request, randomUUID())).status
  }
  return loadOrders(client, { orders, connections: CONNECTIONS, underWay: UNDER_WAY, place })
}

/** From sending each to the moment at which it completed, one at a time. */
const latencies = async (client: Client, style: Coordination): Promise<number[]> => {
  const times: number[] = []
  for (let i = 0; i < AT_REST; i++) {
    const sentAt = Date.now()
    const request = orderOf({ 'MUG-WHITE-330': 1 }, { customerId: `rest-${i % 10}`, coordination: style })
    const { body } = await client.place(request)
    const at = (order: Order) => order.timeline.find(({ type }) => type === 'order.completed')?.at
    const completedAt = await until('the order to complete', async () => at(await client.order(body.orderId)), {
      everyMs: 25,
    })
    times.push(Date.parse(completedAt) - sentAt)
  }
  return times
}

/** On all topics that orders travel by, once nothing more is said. */
const published = async (system: RunningSystem): Promise<number> => {
  const options = { brokers: system.brokers, clientId: 'bench' }
  const count = async () => {
    const offsets = await topicOffsets(options, orderTopics)
    return [...offsets.values()].flat().reduce((sum, { latest }) => sum + latest, 0)
  }
  let before = -1
  return until(
    'everything to be said',
    async () => {
      const now = await count()
      if (now === before) return now
      before = now
      return undefined
    },
    { timeoutMs: 60_000, everyMs: 1_000 },
  )
}
