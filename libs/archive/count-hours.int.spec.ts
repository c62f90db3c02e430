import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeShopEvent } from '#libs/contracts'
import { countHours } from './count-hours.ts'
import { encodeFile, hourOf, nameOf } from './event-file.ts'
import { FolderStore } from './folder-store.ts'
import type { BatchMeasure } from './hour-counts.sql.ts'
import { startS3 } from './s3.fixture.ts'
import { S3Store } from './s3-store.ts'

const NOON = Date.UTC(2026, 10, 25, 12)
const MINUTE = 60_000
const rules = {
  graceMs: MINUTE,
  aheadMs: MINUTE,
  conversionMs: 10 * MINUTE,
  currency: 'EUR',
  visit: { gapMs: 5 * MINUTE, graceMs: MINUTE + 1_000, pages: ['view', 'search'] },
}
const day = { from: NOON - 12 * 60 * MINUTE, to: NOON + 12 * 60 * MINUTE }

let folder: string
let store: FolderStore
let offset = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-archive-'))
  store = new FolderStore(folder)
})
afterAll(() => rm(folder, { recursive: true }))

/** An event, `at` minutes past noon, that arrives at once or so many minutes later. */
const event = (id: string, at: number, more: object, arrived = at) => ({
  timestamp: NOON + arrived * MINUTE,
  value: Buffer.from(
    writeShopEvent({ id, time: NOON + at * MINUTE, session: 's', country: 'DE', device: 'app', ...more } as never),
  ),
})
const file = async (records: { readonly timestamp: number; readonly value: Buffer }[], partition = 0) => {
  const first = offset
  const placed = records.map((record) => ({ ...record, offset: offset++ }))
  const bytes = await encodeFile({ partition, first, end: offset }, placed)
  await store.create(nameOf(partition, first, hourOf(records[0]!.timestamp)), bytes)
}
const counted = (found: Readonly<Record<BatchMeasure, number>> | undefined) =>
  Object.fromEntries(Object.entries(found ?? {}).filter(([, count]) => count !== 0))

test('an archive is counted as the stream counts: once, and what is not late', async () => {
  const view = { type: 'view', sku: 'A' }
  const lines = [
    { sku: 'A', quantity: 2, price: 100 },
    { sku: 'B', quantity: 1, price: 50 },
  ]
  await file([
    event('1', 0, view),
    event('2', 1, { type: 'basket', sku: 'A', change: 2 }),
    event('3', 1, { type: 'basket', sku: 'B', change: 1 }),
    event('4', 1, { type: 'basket', sku: 'B', change: -1 }),
    event('1', 0, view, 1.5),
    event('5', 2, { type: 'checkout', currency: 'EUR', lines, session: 's' }),
    event('6', 2, { type: 'checkout', currency: 'SEK', lines, session: 't', country: 'SE' }),
  ])
  await file([
    // A minute behind the newest, and not yet late; then late; then from the future.
    event('7', 61, { ...view, session: 'u' }, 61),
    event('8', 60, { type: 'search', query: 'mug', results: 1 }, 61),
    event('9', 59, view, 61),
    event('10', 90, view, 61),
    { timestamp: NOON + 61 * MINUTE, value: Buffer.from('no event') },
  ])
  await file([event('11', 1, { ...view, session: 'v' })], 1)
  const { sums, truths, files, open } = await countHours(store, rules, day)
  expect(files).toBe(3)
  const of = (start: number, dimension: string, key: string) =>
    counted(sums.find((row) => row.start === start && row.dimension === dimension && row.key === key)?.sums)
  expect(of(NOON, 'all', '')).toEqual({
    ...{ views: 2, baskets: 2, checkouts: 2, purchases: 4, units: 6, revenue: 250, converted: 1, duplicates: 1 },
    // The order from Sweden came by another way: it saw no page.
    ...{ visits: 1, pages: 1, duration: 2 * MINUTE },
  })
  expect(of(NOON + 60 * MINUTE, 'all', '')).toEqual({ views: 1, searches: 1, late: 1, early: 1, unreadable: 1 })
  expect(of(NOON, 'product', 'A')).toEqual({ views: 2, baskets: 1, purchases: 2, units: 4, revenue: 200, converted: 1 })
  expect(of(NOON, 'country', 'SE')).toEqual({ checkouts: 1, purchases: 2, units: 3 })
  expect(of(NOON, 'device', 'app')).toMatchObject({ views: 2, checkouts: 2 })
  expect(truths).toEqual([
    { start: NOON, visitors: 3, p50: 250, p95: 250, p99: 250, visit: 2 * MINUTE },
    { start: NOON + 60 * MINUTE, visitors: 2, p50: null, p95: null, p99: null, visit: null },
  ])
  // The last visits of both partitions may go on.
  expect(open).toEqual([NOON, NOON + 60 * MINUTE])
})

test('an archive on S3 is counted as one in a folder', async () => {
  const server = await startS3()
  try {
    const remote = new S3Store(server.options)
    for (const name of await store.list('')) await remote.create(name, await store.read(name))
    expect(await countHours(remote, rules, day)).toEqual(await countHours(store, rules, day))
  } finally {
    server.close()
  }
})

test('of nothing there is nothing to count', async () => {
  expect(await countHours(store, rules, { from: NOON + 1e9, to: NOON + 2e9 })).toEqual({
    files: 0,
    sums: [],
    truths: [],
    open: [],
  })
})
