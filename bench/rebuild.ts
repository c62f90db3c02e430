import { setTimeout as pause } from 'node:timers/promises'
import type { Message } from '#libs/contracts'
import { factsOf } from '../apps/query/src/orders.fixture.ts'
import { type QueryAlone, startQueryAlone } from '../test/support/query-alone.ts'
import { until } from '../test/support/until.ts'
import { ms, percentile, report } from './figures.ts'
import { processorTimeOf } from './processor.ts'

/** Some 190,000 records. */
const ORDERS = 25_000
const NAMES = ['orders', 'customer-history', 'product-sales', 'saga-board', 'sales-per-minute']
/** Told while it is measured what a rebuild takes from those who read and from the live feed: orders a second. */
const ORDERS_PER_SECOND = 25
const MEASURED_MS = 20_000
const BARS = { recordsPerSecond: 50_000, slowed: 1.1 }
/** For some seconds after its last message the live feed counts as busy, and a rebuild takes a tenth of the time. */
const AT_REST_MS = 10_000
const PATIENCE = { timeoutMs: 600_000, everyMs: 20 }

interface Projection {
  readonly position: number
  readonly servingVersion: number | null
  readonly versions: readonly { readonly version: number; readonly state: string; readonly records: number }[]
}

/**
 * How fast each projection is filled at rest, and what readers and the live feed notice of the largest one being rebuilt
 * under messages. The query service is a process of its own on a PostgreSQL with fsync and the bundled broker.
 */
export const rebuild = async (): Promise<void> => {
  const query = await startQueryAlone()
  try {
    const published = await fill(query)
    for (const name of NAMES) await speedOf(query, name)
    await slowedBy(query, published)
  } finally {
    await query.stop()
  }
}

const fill = async (query: QueryAlone): Promise<number> => {
  const startedAt = performance.now()
  let published = 0
  for (let n = 0; n < ORDERS; n += 500) {
    const facts = storiesOf('bench', n, 500)
    await query.publish(facts)
    published += facts.length
  }
  await until('everything to be projected', () => isAt(query, published), PATIENCE)
  const perSecond = (1_000 * published) / (performance.now() - startedAt)
  console.log(`${published} records of ${ORDERS} orders, projected live at ${perSecond.toFixed(0)} a second`)
  await pause(AT_REST_MS)
  return published
}

const storiesOf = (run: string, first: number, count: number): Message[] =>
  Array.from({ length: count }, (_, i) => factsOf(run, first + i)).flat()

const isAt = async (query: QueryAlone, position: number): Promise<true | undefined> =>
  (await projection(query, 'orders')).position >= position || undefined

const projection = (query: QueryAlone, name: string) => query.get<Projection>(`/projections/${name}`)

/** From the moment at which it was asked for until every lane has come to its end. */
const speedOf = async (query: QueryAlone, name: string): Promise<void> => {
  const [startedAt, spentBefore] = [performance.now(), await processorTimeOf(query.pid)]
  const version = await begin(query, name)
  const filledAt = await until(`${name} to be filled`, () => isFilled(query, name, version), PATIENCE)
  const { records } = (await projection(query, name)).versions[0]!
  const perSecond = (1_000 * records) / (filledAt - startedAt)
  const bar = BARS.recordsPerSecond
  report(`${name}, filled with ${records} records`, `${perSecond.toFixed(0)}/s`, `≥ ${bar}/s`, perSecond >= bar)
  const microseconds = (1_000 * ((await processorTimeOf(query.pid)) - spentBefore)) / records
  console.log(`  ${microseconds.toFixed(0)} µs of the query service's processor time per record`)
  await served(query, name, version)
}

const begin = async (query: QueryAlone, name: string): Promise<number> =>
  (await query.post<{ version: number }>(`/projections/${name}/rebuild`)).body.version

const isFilled = async (query: QueryAlone, name: string, version: number): Promise<number | undefined> => {
  const found = (await projection(query, name)).versions.find((one) => one.version === version)
  return found === undefined || found.state === 'filling' ? undefined : performance.now()
}

const served = (query: QueryAlone, name: string, version: number) =>
  until(
    `${name} ${version} to serve`,
    async () => (await projection(query, name)).servingVersion === version || undefined,
    PATIENCE,
  )

/** The same messages and reads without a rebuild and with one under way, twice in turns. */
const slowedBy = async (query: QueryAlone, published: number): Promise<void> => {
  const without: Seen = { reads: [], delays: [] }
  const during: Seen = { reads: [], delays: [] }
  let told = 0
  const underLoad = async (seen: Seen) => {
    const endsAt = performance.now() + MEASURED_MS
    const telling = tellFrom(query, seen, told, endsAt)
    await Promise.all([telling, readUntil(query, seen, endsAt)])
    told = await telling
  }
  for (let turn = 0; turn < 2; turn++) {
    await underLoad(without)
    const version = await begin(query, 'orders')
    await underLoad(during)
    const { state } = (await projection(query, 'orders')).versions.find((one) => one.version === version)!
    console.log(`  turn ${turn + 1}: the rebuild is ${state} after ${MEASURED_MS / 1_000} s under messages`)
    await served(query, 'orders', version)
  }
  console.log(`  without and with a rebuild of ${published} records, ${told} orders told meanwhile:`)
  compare('a read of an order', without.reads, during.reads)
  compare('the last fact of an order to its view', without.delays, during.delays)
}

interface Seen {
  readonly reads: number[]
  readonly delays: number[]
}

const compare = (what: string, without: readonly number[], during: readonly number[]): void => {
  const [before, now] = [percentile(without, 50), percentile(during, 50)]
  const figure = `${ms(before)} → ${ms(now)} ms`
  report(`${what}, p50`, figure, `≤ ${BARS.slowed} ×`, now <= before * BARS.slowed)
  console.log(`  p99 ${ms(percentile(without, 99))} → ${ms(percentile(during, 99))} ms, of ${during.length}`)
}

/** Answers how many orders were told in all. */
const tellFrom = async (query: QueryAlone, { delays }: Seen, first: number, endsAt: number): Promise<number> => {
  let told = first
  while (performance.now() < endsAt) {
    const dueAt = performance.now() + 1_000 / ORDERS_PER_SECOND
    const facts = storiesOf('meanwhile', told++, 1)
    await query.publish(facts)
    const startedAt = performance.now()
    // Every tenth, so that asking is not what is measured.
    if (told % 10 === 0) {
      await until('the view', () => isTold(query, facts), { everyMs: 2 })
      delays.push(performance.now() - startedAt)
    }
    await pause(Math.max(0, dueAt - performance.now()))
  }
  return told
}

const isTold = async (query: QueryAlone, facts: readonly Message[]): Promise<true | undefined> => {
  const order = query.get<{ updatedAt: string }>(`/orders/${facts[0]!.subject}`).catch(() => undefined)
  return (await order)?.updatedAt === facts.at(-1)!.time || undefined
}

const readUntil = async (query: QueryAlone, { reads }: Seen, endsAt: number): Promise<void> => {
  for (let n = 0; performance.now() < endsAt; n++) {
    const startedAt = performance.now()
    await query.get(`/orders/${factsOf('bench', (n * 997) % ORDERS)[0]!.subject}`)
    reads.push(performance.now() - startedAt)
    await pause(10)
  }
}
