import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HandOver, type OutboxRecord } from './hand-over.ts'

const row = (id: number): OutboxRecord => ({
  id: BigInt(id),
  topic: 'orders',
  key: 'k',
  value: '{}',
  headers: {},
  insertedMs: 0,
})
const ids = (rows: readonly OutboxRecord[]): number[] => rows.map(({ id }) => Number(id))

const syncedAt = (id: number): HandOver => {
  const handOver = new HandOver()
  handOver.begin()
  handOver.sync(BigInt(id))
  return handOver
}

test('rows that follow without a gap go out, a few at a time', () => {
  const handOver = syncedAt(4)
  handOver.offer([5, 6].map(row))
  handOver.offer([row(7)])
  expect(ids(handOver.take(2))).toEqual([5, 6])
  expect(ids(handOver.take(2))).toEqual([7])
  expect(ids(handOver.take(2))).toEqual([])
  expect(handOver.synced).toBe(true)
})

test('a gap ends it: the table knows what is missing', () => {
  const handOver = syncedAt(4)
  handOver.offer([5, 7].map(row))
  expect(handOver.take(10)).toEqual([])
  expect(handOver.synced).toBe(false)
  handOver.offer([row(8)])
  expect(handOver.take(10)).toEqual([])
})

test('what is committed while the table is read is kept, unless it was found there', () => {
  const handOver = new HandOver()
  handOver.offer([row(4)])
  handOver.begin()
  handOver.offer([5, 6].map(row))
  handOver.sync(5n)
  expect(ids(handOver.take(10))).toEqual([6])
})

test('too many rows are left to the table', () => {
  const handOver = syncedAt(0)
  handOver.offer(Array.from({ length: 5_001 }, (_, i) => row(i + 1)))
  expect(handOver.synced).toBe(false)
})

/**
 * Ids are drawn by our transactions, which hand over what they commit, and by others, which do not; both may fail. A
 * look at the table finds everything that was committed, and settles what nobody is writing any more.
 */
test('whatever others do and whatever fails, no row goes out before one that was there before it', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('commit' as const), ours: fc.boolean(), rows: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ type: fc.constant('fail' as const), rows: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ type: fc.constant('take' as const), limit: fc.integer({ min: 1, max: 4 }) }),
    fc.constant({ type: 'read' as const }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const handOver = new HandOver()
      let drawn = 0
      const waiting = new Set<number>()
      const publish = (rows: readonly number[]) => {
        for (const id of rows) {
          expect(id).toBe(Math.min(...waiting))
          waiting.delete(id)
        }
      }
      for (const each of steps) {
        if (each.type === 'take') publish(ids(handOver.take(each.limit)))
        else if (each.type === 'read') {
          handOver.begin()
          publish([...waiting].sort((a, b) => a - b))
          handOver.sync(BigInt(drawn))
        } else {
          const rows = Array.from({ length: each.rows }, () => ++drawn)
          if (each.type === 'fail') continue
          for (const id of rows) waiting.add(id)
          if (each.ours) handOver.offer(rows.map(row))
        }
      }
    }),
  )
})
