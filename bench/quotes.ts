import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, shippingAddress } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { ms, percentile, report } from './figures.ts'
import { printPerQuote, processorTimes } from './processor.ts'

const PER_SECOND = 200
const WARM_UP_S = 10
const PATIENCE_MS = 15_000

/** What became of the quotes that were asked for in some time. */
interface Asked {
  readonly times: number[]
  readonly statuses: Map<number | string, number>
}

/**
 * So many quotes a second, whether or not those before are answered: from sending the request to its answer, at the
 * gateway. With `restarts`, every service that takes part is killed so often meanwhile, one after the other.
 */
export const quotes = async (
  system: RunningSystem,
  client: Client,
  seconds: number,
  restarts: number,
): Promise<void> => {
  await askFor(client, WARM_UP_S)
  const before = await processorTimes(system)
  const { times, statuses } = await askFor(client, seconds)
  const [p50, p99] = [percentile(times, 50), percentile(times, 99)]
  const answered = statuses.get(201) ?? 0
  report(
    `quotes at ${PER_SECOND}/s, p50 / p99 of ${answered}`,
    `${ms(p50)} / ${ms(p99)} ms`,
    '≤ 50 / 200 ms',
    p50 <= 50 && p99 <= 200,
  )
  console.log(`  answers: ${shown(statuses)}`)
  printPerQuote(before, await processorTimes(system), answered)
  if (restarts > 0) await restarted(system, client, restarts)
}

const restarted = async (system: RunningSystem, client: Client, restarts: number): Promise<void> => {
  let asking = true
  const load = askFor(client, Number.POSITIVE_INFINITY, () => asking)
  for (let round = 0; round < restarts; round++)
    for (const service of ['order', 'inventory', 'fulfillment']) {
      await system.killAndAwaitRestart(service)
      await pause(2_000)
    }
  asking = false
  const { times, statuses } = await load
  const clear = [...statuses.keys()].every((status) => status === 201 || status === 504)
  report(
    `quotes while ${restarts * 3} services are killed`,
    shown(statuses),
    'each answered, or 504',
    clear && times.length > 0,
  )
}

const askFor = async (client: Client, seconds: number, more: () => boolean = () => true): Promise<Asked> => {
  const asked: Asked = { times: [], statuses: new Map() }
  const seen = new Set<string>()
  const startedAt = performance.now()
  const underWay = new Set<Promise<void>>()
  for (let n = 0; n < seconds * PER_SECOND && more(); n++) {
    await pause(Math.max(0, startedAt + (n * 1_000) / PER_SECOND - performance.now()))
    const one = ask(client, n, asked, seen).finally(() => underWay.delete(one))
    underWay.add(one)
  }
  await Promise.all(underWay)
  return asked
}

/** Fails when an answer is another request's, or one that somebody else got. */
const ask = async (client: Client, n: number, { times, statuses }: Asked, seen: Set<string>): Promise<void> => {
  const quantity = (n % 900) + 1
  const request = { customerId: `bench-${n % 50}`, items: [{ sku: 'MUG-WHITE-330', quantity }], shippingAddress }
  const startedAt = performance.now()
  const answer = await Promise.race([
    client.call<Quote>('POST', '/api/quotes', request, { 'idempotency-key': randomUUID() }),
    pause(PATIENCE_MS, undefined, { ref: false }),
  ]).catch((error: Error) => error.message)
  const status = typeof answer === 'string' ? answer : (answer?.status ?? 'no answer')
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  if (status !== 201) return
  times.push(performance.now() - startedAt)
  const { quoteId, items } = (answer as { body: Quote }).body
  if (items[0]?.quantity !== quantity || seen.has(quoteId)) throw new Error(`quote ${quoteId} is another request's`)
  seen.add(quoteId)
}

interface Quote {
  readonly quoteId: string
  readonly items: readonly { readonly quantity: number }[]
}

const shown = (statuses: ReadonlyMap<number | string, number>): string =>
  [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
