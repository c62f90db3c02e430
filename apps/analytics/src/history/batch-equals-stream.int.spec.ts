import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archiveStore, countHours, encodeFile, nameOf } from '#libs/archive'
import { writeShopEvent } from '#libs/contracts'
import { partitionOf } from '#libs/messaging'
import { generate, trafficOptions } from '#libs/traffic'
import { dimensions, measures } from '../domain/measures.ts'
import { loadPane, type PaneResult } from '../domain/pane.ts'
import { type ShopChanges, ShopTask } from '../domain/shop-task.ts'
import { visitDimensions, visitMeasures } from '../domain/visit-sums.ts'
import { reconcile, type Sums } from './reconcile.ts'
import { streamRules } from './rules.ts'

const HOUR_MS = 3_600_000
const PARTITIONS = 3
/** Two hours of events, around a full hour, a minute and a half late at most. */
const options = trafficOptions.parse({
  ...{ rate: 10, seconds: 1_200, seed: 7, skew: 1.2, late: 0.1, lateSeconds: 120, duplicates: 0.02, visitors: 40 },
  start: Date.UTC(2026, 10, 25, 11, 50),
})
const shop = {
  currency: 'EUR',
  products: Array.from({ length: 20 }, (_, i) => ({ sku: `P-${i}`, price: 100 + 7 * i })),
  customers: ['cust-0001'],
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-history-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Whoever left has, minutes later, the session of another one: some pauses are long enough to end a visit. */
const comesBack = (session: string): string =>
  `s-${Number.parseInt(session.slice(session.lastIndexOf('-') + 1), 36) % 300}`

/** The records of each partition as they would lie in the topic, with some that are no events or from the future. */
const partitions = () => {
  const records = Array.from({ length: PARTITIONS }, () => [] as { offset: number; timestamp: number; value: Buffer }[])
  let count = 0
  for (const { event: made, dueMs } of generate(options, shop)) {
    const event = { ...made, session: comesBack(made.session) }
    const lane = records[partitionOf(event.session, PARTITIONS)]!
    const place = { offset: lane.length, timestamp: options.start + dueMs }
    count++
    if (count % 500 === 0) lane.push({ ...place, value: Buffer.from('nonsense') })
    else if (count % 501 === 0)
      lane.push({ ...place, value: Buffer.from(writeShopEvent({ ...event, time: place.timestamp + 3 * 60_000 })) })
    else lane.push({ ...place, value: Buffer.from(writeShopEvent(event)) })
  }
  return records
}

const byHour = (results: readonly ShopChanges['results'][number][]): Sums[] => {
  const newest = new Map(
    results.flatMap(({ key, value }) => (value === null ? [] : [[key, JSON.parse(value) as PaneResult] as const])),
  )
  const sums = new Map<string, { start: number; dimension: string; key: string; sums: Record<string, number> }>()
  const add = (start: number, dimension: string, key: string, measure: string, amount: number) => {
    const hour = Math.floor(start / HOUR_MS) * HOUR_MS
    const place = `${hour}/${dimension}/${key}`
    const row = sums.get(place) ?? { start: hour, dimension, key, sums: {} }
    row.sums[measure] = (row.sums[measure] ?? 0) + amount
    sums.set(place, row)
  }
  for (const { start, pane } of newest.values()) {
    const { counts, visits } = loadPane(pane)
    for (const dimension of dimensions)
      for (const [key, row] of counts[dimension])
        for (const [i, measure] of measures.entries()) add(start, dimension, key, measure, row[i]!)
    for (const dimension of visitDimensions)
      for (const [key, row] of visits[dimension])
        for (const measure of visitMeasures) add(start, dimension, key, measure, row[measure])
  }
  return [...sums.values()]
}

test('what the batch counts from the archive is what the stream counted, to the last event', async () => {
  const store = archiveStore(folder)
  const results: ShopChanges['results'][number][] = []
  for (const [partition, records] of partitions().entries()) {
    const task = new ShopTask(partition)
    for (const [i, record] of records.entries()) {
      task.process({ ...record, key: null })
      if (i % 50 === 0) results.push(...task.flush().results)
    }
    results.push(...task.flush().results)
    for (let first = 0; first < records.length; first += 1_000) {
      const part = records.slice(first, first + 1_000)
      const range = { partition, first, end: first + part.length }
      await store.create(
        nameOf(partition, first, Math.floor(part[0]!.timestamp / HOUR_MS)),
        await encodeFile(range, part),
      )
    }
  }
  const stream = byHour(results)
  const day = { from: Date.UTC(2026, 10, 25), to: Date.UTC(2026, 10, 26) }
  const { sums, open } = await countHours(store, streamRules, day)
  const hours = reconcile(stream, { sums, open, at: Date.UTC(2026, 10, 26) })
  expect(hours.map(({ state, differences }) => ({ state, differences }))).toEqual(
    hours.map(() => ({ state: 'equal', differences: [] })),
  )
  expect(hours).toHaveLength(2)
  const all = stream.filter(({ dimension }) => dimension === 'all')
  // Who was there in the last minutes may come back.
  expect(open).toEqual([Date.UTC(2026, 10, 25, 12)])
  for (const measure of [...measures, ...visitMeasures])
    expect({ measure, some: all.some((row) => row.sums[measure]! > 0) }).toEqual({ measure, some: true })
})

test('what differs is named, unless its hour is still open', () => {
  const row = (start: number, views: number): Sums => ({
    ...{ start, dimension: 'country', key: 'DE', sums: Object.fromEntries(measures.map((one) => [one, 0])) as never },
    ...{ sums: { ...Object.fromEntries(measures.map((one) => [one, 0])), views } as never },
  })
  const stream = [row(0, 5), row(HOUR_MS, 3), row(2 * HOUR_MS, 1)]
  const batch = [row(0, 5), row(HOUR_MS, 2)]
  const [equal, different, open] = reconcile(stream, { sums: batch, open: [], at: 3 * HOUR_MS })
  expect(equal).toMatchObject({ state: 'equal', different: 0 })
  expect(different).toMatchObject({
    state: 'different',
    differences: [{ dimension: 'country', key: 'DE', measure: 'views', stream: 3, batch: 2 }],
  })
  expect(open).toMatchObject({ start: 2 * HOUR_MS, state: 'open' })
  const [, waits] = reconcile(stream, { sums: batch, open: [HOUR_MS], at: 3 * HOUR_MS })
  expect(waits).toMatchObject({ start: HOUR_MS, state: 'open' })
})
