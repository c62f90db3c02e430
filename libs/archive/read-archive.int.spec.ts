import { mkdtemp, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeShopEvent } from '#libs/contracts'
import { generate, trafficOptions } from '#libs/traffic'
import { encodeFile, nameOf } from './event-file.ts'
import { FolderStore } from './folder-store.ts'
import { ArchiveGap, archiveStarts, readArchive } from './read-archive.ts'

const HOUR_MS = 3_600_000
const BEGIN = Date.UTC(2026, 10, 25, 11, 58)
const shop = { currency: 'EUR', products: [{ sku: 'P-1', price: 100 }], customers: ['cust-0001'] }

let folder: string
let store: FolderStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-archive-'))
  store = new FolderStore(folder)
})
afterAll(() => rm(folder, { recursive: true }))

interface Stored {
  readonly offset: number
  readonly timestamp: number
  readonly value: Buffer | null
}

/** Two partitions, files of two hours each, offsets with holes, and what is no event among them. */
const written = async (): Promise<ReadonlyMap<number, Stored[]>> => {
  const options = trafficOptions.parse({ rate: 20, seconds: 240, seed: 3, start: BEGIN })
  const partitions = new Map<number, Stored[]>([0, 1].map((partition) => [partition, []]))
  for (const { event, dueMs } of generate(options, shop)) {
    const partition = event.session.length % 2
    const lane = partitions.get(partition)!
    const value = lane.length === 7 ? null : Buffer.from(lane.length % 50 === 3 ? 'none' : writeShopEvent(event))
    lane.push({ offset: 100 * partition + 2 * lane.length, timestamp: BEGIN + dueMs, value })
  }
  for (const [partition, records] of partitions) {
    let first = records[0]!.offset
    for (const part of Map.groupBy(records, ({ timestamp }) => Math.floor(timestamp / HOUR_MS)).values()) {
      const end = part.at(-1)!.offset + 2
      const hour = Math.floor(part[0]!.timestamp / HOUR_MS)
      await store.create(nameOf(partition, first, hour), await encodeFile({ partition, first, end }, part))
      first = end
    }
  }
  return partitions
}

test('what was archived is read as it was written, hour by hour, and what is missing is said', async () => {
  const partitions = await written()
  expect([...partitions.values()].every(({ length }) => length > 1_000)).toBe(true)
  const arrived = Math.floor(BEGIN / HOUR_MS) * HOUR_MS
  expect(await archiveStarts(store)).toEqual(
    new Map([...partitions].map(([one, records]) => [one, { first: records[0]!.offset, arrived }])),
  )

  const found = new Map<number, Stored[]>([...partitions.keys()].map((partition) => [partition, []]))
  const order: number[] = []
  for await (const { partition, records, next } of readArchive(store)) {
    found.get(partition)!.push(...records)
    if (records.length === 0) continue
    order.push(partition)
    expect(next).toBe(records.at(-1)!.offset + 1)
  }
  expect(order).toEqual([0, 1, 0, 1])
  for (const [partition, records] of partitions) {
    const text = (all: readonly Stored[]) =>
      all.map(({ value, ...rest }) => ({ ...rest, value: value && String(value) }))
    expect(text(found.get(partition)!)).toEqual(text(records))
  }

  const first = partitions.get(1)![0]!.offset
  await unlink(join(folder, nameOf(1, first, Math.floor(BEGIN / HOUR_MS))))
  const rest = await archiveStarts(store)
  expect(rest.get(1)!.first).toBeGreaterThan(first)
  await store.create(
    nameOf(1, first, Math.floor(BEGIN / HOUR_MS)),
    await encodeFile({ partition: 1, first, end: first + 4 }, []),
  )
  await expect(async () => {
    for await (const _ of readArchive(store));
  }).rejects.toThrow(ArchiveGap)
})
