import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Found, scanPage } from './scan-page.ts'
import { type Direction, decodeScanPosition, encodeScanPosition } from './scan-position.ts'

interface Record {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
}

/** A topic: the timestamps of each partition's records, by offset. */
const topic = fc.array(fc.array(fc.nat({ max: 20 }), { maxLength: 12 }), { minLength: 1, maxLength: 4 })
const direction = fc.constantFrom<Direction>('forward', 'backward')

const recordsOf = (partitions: readonly (readonly number[])[], partition: number): Record[] =>
  partitions[partition]!.map((timestamp, offset) => ({ partition, offset, timestamp }))

/** Everything from where each partition is to be looked at. */
const lookThrough = (
  partitions: readonly (readonly number[])[],
  way: Direction,
  from: ReadonlyMap<number, number>,
): Found<Record>[] =>
  partitions.map((all, partition) => {
    const records = recordsOf(partitions, partition)
    const at = from.get(partition)!
    return way === 'forward'
      ? { partition, records: records.filter(({ offset }) => offset >= at), reached: all.length }
      : { partition, records: records.filter(({ offset }) => offset < at).toReversed(), reached: 0 }
  })

test('page by page everything is shown once, and each partition in its order, either way', () => {
  fc.assert(
    fc.property(topic, direction, fc.integer({ min: 1, max: 5 }), (partitions, way, most) => {
      let at: ReadonlyMap<number, number> = new Map(
        partitions.map((all, partition) => [partition, way === 'forward' ? 0 : all.length]),
      )
      const shown: Record[] = []
      for (let pages = 0; ; pages++) {
        const { items, offsets } = scanPage(way, lookThrough(partitions, way, at), most)
        if (items.length === 0) break
        expect(items.length).toBeLessThanOrEqual(most)
        shown.push(...items)
        at = decodeScanPosition(encodeScanPosition({ direction: way, offsets }))!.offsets
        expect(pages).toBeLessThan(100)
      }
      for (const partition of partitions.keys()) {
        const mine = shown.filter((record) => record.partition === partition)
        const all = recordsOf(partitions, partition)
        expect(mine).toEqual(way === 'forward' ? all : all.toReversed())
      }
    }),
  )
})

test('where each partition is in the order of time, so is the page', () => {
  const found = [
    { partition: 0, records: [1, 4].map((timestamp, offset) => ({ partition: 0, offset, timestamp })), reached: 2 },
    { partition: 1, records: [2, 3].map((timestamp, offset) => ({ partition: 1, offset, timestamp })), reached: 9 },
  ]
  const { items, offsets } = scanPage('forward', found, 3)
  expect(items.map(({ timestamp }) => timestamp)).toEqual([1, 2, 3])
  expect([...offsets]).toEqual([
    [0, 1],
    [1, 9],
  ])
})

test('what is too large for a page is the first of the next one, and a page is never empty for that', () => {
  const records = [0, 1].map((offset) => ({ partition: 0, offset, timestamp: 0 }))
  const { items, offsets } = scanPage('forward', [{ partition: 0, records, reached: 2 }], 9, () => false)
  expect(items).toEqual([records[0]])
  expect(offsets.get(0)).toBe(1)
})

test.each([
  '',
  'forward',
  'sideways.0:1',
  'forward.0',
  'forward.0:-1',
  'forward.0:1.',
  `forward${'.0:1'.repeat(1_025)}`,
])('%j is no position', (text) => {
  expect(decodeScanPosition(text)).toBeUndefined()
})
