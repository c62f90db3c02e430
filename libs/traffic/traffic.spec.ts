import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readShopEvent, shopEvent, writeShopEvent } from '#libs/contracts'
import { generate } from './generate.ts'
import { runTraffic } from './run-traffic.ts'
import { type TrafficOptions, trafficOptions } from './traffic.ts'

const shop = {
  currency: 'EUR',
  products: Array.from({ length: 100 }, (_, i) => ({ sku: `P-${i}`, price: 100 + i })),
  customers: ['cust-0001', 'cust-0002'],
}
const options = (more: Partial<TrafficOptions> = {}): TrafficOptions =>
  trafficOptions.parse({ rate: 1_000, seconds: 20, start: Date.UTC(2026, 10, 25), seed: 7, ...more })
const all = (more?: Partial<TrafficOptions>) => [...generate(options(more), shop)]
const bytes = (more?: Partial<TrafficOptions>) =>
  all(more)
    .map(({ event }) => writeShopEvent(event))
    .join('\n')

test('the same seed gives the same events, byte for byte, today as when this was written', () => {
  expect(bytes()).toBe(bytes())
  expect(bytes({ seed: 8 })).not.toBe(bytes())
  expect(
    createHash('sha1')
      .update(bytes({ duplicates: 0.01 }))
      .digest('hex'),
  ).toBe('6308986c0394062fdf58c28a0b567dd9acb78df5')
})

test('every event is one', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      for (const { event } of all({ seed, seconds: 1, duplicates: 0.1 })) {
        expect(shopEvent.parse(event)).toEqual(event)
        expect(readShopEvent(writeShopEvent(event)).type).toBe(event.type)
      }
    }),
    { numRuns: 10 },
  )
})

test('so many a second, so many of them late or twice, and each twice at most', () => {
  const events = all({ late: 0.1, duplicates: 0.05, lateSeconds: 30 })
  const once = events.filter(({ duplicate }) => !duplicate)
  expect(once).toHaveLength(20_000)
  expect(new Set(once.map(({ event }) => event.id)).size).toBe(20_000)
  expect(new Set(events.map(({ event }) => event.id)).size).toBe(20_000)
  expect((events.length - 20_000) / 20_000).toBeCloseTo(0.05, 1)
  const start = options().start
  const delays = once.map(({ event, dueMs }) => start + dueMs - event.time)
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...delays)).toBeLessThan(30_000)
  expect(delays.filter((ms) => ms > 200).length / 20_000).toBeCloseTo(0.1, 1)
})

test('some buy, and the first products are wanted most', () => {
  const events = all({ skew: 1.2 }).map(({ event }) => event)
  const views = events.flatMap((event) => (event.type === 'view' ? [event.sku] : []))
  const of = (sku: string) => views.filter((one) => one === sku).length
  expect(of('P-0')).toBeGreaterThan(5 * of('P-9'))
  expect(events.filter(({ type }) => type === 'checkout').length).toBeGreaterThan(100)
  expect(events.filter(({ customer }) => customer !== undefined).length).toBeGreaterThan(1_000)
})

test('a sink that is full is waited for, and nothing is left out', async () => {
  const taken: string[] = []
  let room = 100
  const sink = {
    take: (_: string, value: string) => {
      if (room-- <= 0) return false
      taken.push(value)
      return true
    },
    untilRoom: async () => {
      room = 100
    },
  }
  const progress = await runTraffic(options({ seconds: 2, duplicates: 0.1 }), shop, sink, { paced: false })
  expect(taken.join('\n')).toBe(bytes({ seconds: 2, duplicates: 0.1 }))
  expect(progress.sent).toBe(taken.length)
})

test('it ends when it is told to', async () => {
  const stop = new AbortController()
  let taken = 0
  const sink = {
    take: () => {
      taken++
      if (taken === 500) stop.abort()
      return true
    },
    untilRoom: async () => {},
  }
  const progress = await runTraffic(options(), shop, sink, { paced: false, signal: stop.signal })
  expect(progress.sent).toBeLessThan(3_000)
})
