import fc from 'fast-check'
import { expect, test } from 'vitest'
import { basketValue, type ShopEvent, writeShopEvent } from '#libs/contracts'
import { addElement, addValue, type Bins, fingerprint, type Registers } from '#libs/streams'
import { asManyAsFitNow } from '#libs/testing'
import { at, type Measure } from './measures.ts'
import { loadPane, type Pane, type PaneResult, resultKey } from './pane.ts'
import { type EventRecord, ShopTask } from './shop-task.ts'

const BEGIN = Date.UTC(2026, 10, 28)
const [SECOND, MINUTE] = [1_000, 60_000]

interface Sent {
  readonly event: ShopEvent
  readonly arrived: number
}

const sku = fc.constantFrom('A-1', 'B-2')
const common = {
  id: fc.integer({ min: 1, max: 60 }).map((n) => `e${n}`),
  time: fc.oneof(fc.nat({ max: 150 }), fc.nat({ max: 900 })).map((seconds) => BEGIN + seconds * SECOND + 7),
  session: fc.constantFrom('s1', 's2', 's3'),
  country: fc.constantFrom('DE', 'FR'),
  device: fc.constantFrom('mobile' as const, 'desktop' as const),
}
const line = fc.record({ sku, quantity: fc.integer({ min: 1, max: 3 }), price: fc.nat({ max: 5_000 }) })
const event: fc.Arbitrary<ShopEvent> = fc.oneof(
  fc.record({ type: fc.constant('view' as const), ...common, sku }),
  fc.record({ type: fc.constant('search' as const), ...common, query: fc.constant('mug'), results: fc.constant(3) }),
  fc.record({ type: fc.constant('basket' as const), ...common, sku, change: fc.constantFrom(-1, 1, 2) }),
  fc.record({
    ...{ type: fc.constant('checkout' as const), ...common, currency: fc.constantFrom('EUR', 'EUR', 'USD') },
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  }),
)
/** Mostly on time; the ids of an event's copies have its time. */
const sent: fc.Arbitrary<Sent> = fc
  .record({ event, delay: fc.constantFrom(5_000, 0, -30_000, -61_000) })
  .map(({ event, delay }) => ({ event: { ...event, id: `${event.id}-${event.time}` }, arrived: event.time + delay }))

const recordOf = ({ event, arrived }: Sent): EventRecord => ({
  ...{ offset: 0, timestamp: arrived, key: Buffer.from(event.session), value: Buffer.from(writeShopEvent(event)) },
})

type Sums = Record<string, number>
interface Expected {
  readonly sums: Sums
  readonly visitors: Registers
  readonly baskets: Bins
}

/** Counted with sets and loops, over everything at once. */
const expectedOf = (all: readonly Sent[]): { windows: Map<number, Expected>; visits: Map<number, Sums> } => {
  const windows = new Map<number, Expected>()
  const window = (time: number): Expected => {
    const start = time - (time % SECOND)
    const found = windows.get(start) ?? { sums: {}, visitors: new Map(), baskets: new Map() }
    windows.set(start, found)
    return found
  }
  const add = (time: number, measure: Measure, amount: number, ...keys: string[]) => {
    const { sums } = window(time)
    // What is given away is worth nothing: a sum of nothing is not told.
    if (amount === 0) return
    for (const key of keys) sums[`${key} ${measure}`] = (sums[`${key} ${measure}`] ?? 0) + amount
  }
  let watermark = Number.NEGATIVE_INFINITY
  const counted = new Map<string, ShopEvent>()
  for (const { event, arrived } of all) {
    const { time, country, device, session } = event
    const end = time - (time % SECOND) + SECOND
    const isLate = end + MINUTE <= watermark
    if (isLate || time > arrived + MINUTE) {
      add(Number.isFinite(watermark) ? watermark : arrived, isLate ? 'late' : 'early', 1, 'all:')
      continue
    }
    watermark = Math.max(watermark, time)
    window(time)
    if (counted.has(event.id)) {
      add(time, 'duplicates', 1, 'all:')
      continue
    }
    counted.set(event.id, event)
    addElement(window(time).visitors, fingerprint(session, { high: 0, low: 0 }))
    const keys = ['all:', `country:${country}`, `device:${device}`]
    if (event.type === 'view') add(time, 'views', 1, ...keys, `product:${event.sku}`)
    if (event.type === 'search') add(time, 'searches', 1, ...keys)
    if (event.type === 'basket' && event.change > 0) add(time, 'baskets', 1, ...keys, `product:${event.sku}`)
    if (event.type !== 'checkout') continue
    add(time, 'checkouts', 1, ...keys)
    if (event.currency === 'EUR') addValue(window(time).baskets, basketValue(event))
    for (const { sku, quantity, price } of event.lines) {
      add(time, 'purchases', 1, ...keys, `product:${sku}`)
      add(time, 'units', quantity, ...keys, `product:${sku}`)
      if (event.currency === 'EUR') add(time, 'revenue', quantity * price, ...keys, `product:${sku}`)
    }
  }
  const events = [...counted.values()]
  for (const { sku, event } of events.flatMap((event) =>
    event.type === 'checkout' ? event.lines.map(({ sku }) => ({ sku, event })) : [],
  ))
    if (hasConverted(events, event, sku))
      add(event.time, 'converted', 1, 'all:', `country:${event.country}`, `device:${event.device}`, `product:${sku}`)
  return { windows, visits: visitsOf(events, watermark) }
}

/** By the second in which they ended, of those that were over. */
const visitsOf = (events: readonly ShopEvent[], watermark: number): Map<number, Sums> => {
  const seconds = new Map<number, Sums>()
  const place = ({ country, device }: ShopEvent) => `${country} ${device}`
  const sorted = events.toSorted((a, b) => a.time - b.time || (place(a) < place(b) ? -1 : 1))
  for (const session of new Set(events.map(({ session }) => session))) {
    const visits: ShopEvent[][] = []
    for (const event of sorted.filter((event) => event.session === session)) {
      const last = visits.at(-1)
      if (last === undefined || event.time - last.at(-1)!.time > 5 * MINUTE) visits.push([event])
      else last.push(event)
    }
    for (const visit of visits) {
      const pages = visit.filter(({ type }) => type === 'view' || type === 'search').length
      const [{ time: began, country, device }, ended] = [visit[0]!, visit.at(-1)!.time]
      const second = ended - (ended % SECOND)
      if (pages === 0 || second + SECOND + 5 * MINUTE + MINUTE + SECOND > watermark) continue
      const sums = seconds.get(second) ?? {}
      seconds.set(second, sums)
      for (const key of ['all:', `country:${country}`, `device:${device}`])
        for (const [measure, amount] of Object.entries({ visits: 1, pages, duration: ended - began }))
          sums[`${key} ${measure}`] = (sums[`${key} ${measure}`] ?? 0) + amount
    }
  }
  return seconds
}

const WITHIN = 10 * MINUTE
const hasConverted = (events: readonly ShopEvent[], { session, time }: ShopEvent, sku: string): boolean => {
  const before = (type: 'view' | 'basket', time: number) =>
    events.filter(
      (each) =>
        each.type === type &&
        each.session === session &&
        each.sku === sku &&
        (each.type === 'view' || each.change > 0) &&
        each.time <= time &&
        time - each.time <= WITHIN,
    )
  return before('basket', time).some((basket) => before('view', basket.time).length > 0)
}

const told = (pane: Pane): Expected => {
  const sums: Record<string, number> = {}
  for (const [dimension, counts] of Object.entries(pane.counts))
    for (const [key, values] of counts)
      for (const [measure, index] of Object.entries(at))
        if (values[index] !== 0) sums[`${dimension}:${key} ${measure}`] = values[index]!
  return { sums, visitors: pane.visitors, baskets: pane.baskets }
}

const toldVisits = ({ visits }: Pane): Sums => {
  const sums: Sums = {}
  for (const [dimension, keys] of Object.entries(visits))
    for (const [key, { durations, ...values }] of keys) {
      for (const [measure, value] of Object.entries(values)) sums[`${dimension}:${key} ${measure}`] = value
      expect([...durations.values()].reduce((sum, times) => sum + times, 0)).toBe(values.visits)
    }
  return sums
}

/** A task with what reads its topics: it can be replaced at any moment by one that was restored. */
class Partition {
  task = new ShopTask(0)
  readonly changelog = new Map<string, string | null>()
  readonly results = new Map<number, Pane>()
  readonly visits = new Map<number, Pane>()
  late = 0

  flush(): void {
    const { results, changelog, late } = this.task.flush()
    for (const { key, value } of results) {
      if (value === null) continue
      const { partition, start, kind = 'events', pane } = JSON.parse(value) as PaneResult
      expect(key).toBe(resultKey(partition, start, kind))
      const told = kind === 'visits' ? this.visits : this.results
      // What is told of visits is final.
      if (kind === 'visits') expect(told.has(start)).toBe(false)
      told.set(start, loadPane(pane))
    }
    for (const { key, value } of changelog) {
      // The order of a compacted topic is that of what was written last.
      this.changelog.delete(key)
      if (value !== null) this.changelog.set(key, value)
    }
    this.late += late.length
  }

  restart(): void {
    this.task = new ShopTask(0)
    for (const [key, value] of this.changelog) this.task.restore(key, value)
  }
}

const inAnyOrder = (windows: ReadonlyMap<number, Expected>) =>
  [...windows]
    .sort(([a], [b]) => a - b)
    .map(([start, { sums, visitors, baskets }]) => ({
      ...{
        start,
        sums,
        visitors: [...visitors].sort(([a], [b]) => a - b),
        baskets: [...baskets].sort(([a], [b]) => a - b),
      },
    }))

test('every number of every window is that of counting by hand, wherever the task was restarted', () => {
  const step = fc.record({ sent, after: fc.constantFrom('go on', 'go on', 'go on', 'flush', 'restart') })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      asManyAsFitNow((steps) => {
        const partition = new Partition()
        for (const { sent, after } of steps) {
          partition.task.process(recordOf(sent))
          if (after !== 'go on') partition.flush()
          if (after === 'restart') partition.restart()
        }
        partition.flush()
        const expected = expectedOf(steps.map(({ sent }) => sent))
        const found = new Map([...partition.results].map(([start, pane]) => [start, told(pane)]))
        expect(inAnyOrder(found)).toEqual(inAnyOrder(expected.windows))
        const visits = new Map([...partition.visits].map(([start, pane]) => [start, toldVisits(pane)]))
        expect(visits).toEqual(expected.visits)
        const refused = [...expected.windows.values()].reduce(
          (sum, { sums }) => sum + (sums['all: late'] ?? 0) + (sums['all: early'] ?? 0),
          0,
        )
        expect(partition.late).toBe(refused)
      }),
    ),
    { numRuns: 1_000 },
  )
})

test('what was not flushed is as if it had not been: the records come again', () => {
  const partition = new Partition()
  const view = (id: string, seconds: number): Sent => ({
    event: { type: 'view', id, time: BEGIN + seconds * SECOND, session: 's', country: 'DE', device: 'app', sku: 'A' },
    arrived: BEGIN + seconds * SECOND,
  })
  partition.task.process(recordOf(view('a', 1)))
  partition.flush()
  partition.task.process(recordOf(view('b', 1)))
  partition.restart()
  for (const each of [view('b', 1), view('a', 1)]) partition.task.process(recordOf(each))
  partition.flush()
  expect(told(partition.results.get(BEGIN + SECOND)!).sums).toMatchObject({ 'all: views': 2, 'all: duplicates': 1 })
})

test('state is forgotten as time goes on, and so are results', () => {
  const partition = new Partition()
  let mostEntries = 0
  for (let second = 0; second < 7_200; second++) {
    const session = `s${second}`
    const common = { time: BEGIN + second * SECOND, session, country: 'DE', device: 'app', sku: 'A' } as const
    partition.task.process(recordOf({ event: { type: 'view', id: `v${second}`, ...common }, arrived: common.time }))
    if (second % 10 === 9) partition.flush()
    if (second > 5_000) mostEntries = Math.max(mostEntries, partition.task.entries)
  }
  // An hour of closed results, a minute of ids and windows, half an hour of steps, six minutes of visits.
  const visits = 380 * 10
  expect(mostEntries).toBeLessThan(3_600 + 120 * 8 + 2_000 + visits)
  expect(partition.changelog.size).toBeLessThan(3_600 + 550)
  partition.restart()
  expect(partition.task.entries).toBeLessThan(3_600 + 120 * 8 + 2_500 + visits)
})
