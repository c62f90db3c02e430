import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadPartition } from '#libs/messaging'
import { resultSlices } from './result-slices.ts'

/** Records with gaps between them, as compaction leaves them, and markers behind the last. */
const read = fc
  .array(fc.record({ offset: fc.nat(50), gaps: fc.array(fc.nat(3), { maxLength: 12 }), behind: fc.nat(2) }), {
    maxLength: 4,
  })
  .map((partitions) =>
    partitions.map(({ offset, gaps, behind }, partition) => {
      let next = offset
      const records = gaps.map((gap) => {
        next += gap + 1
        return { offset: next - 1 }
      })
      return { partition, offset, records, next: next + behind } as unknown as ReadPartition
    }),
  )

test('every record is in one slice, which moves its partition from where the one before it ended to behind it', () => {
  fc.assert(
    fc.property(read, fc.integer({ min: 1, max: 7 }), (read, most) => {
      const places = new Map(read.map(({ partition, offset }) => [partition, offset]))
      const left = new Set(read.flatMap(({ records }) => records))
      for (const { records, moves } of resultSlices(read, most)) {
        expect(records.length).toBeLessThanOrEqual(most)
        expect(new Set(moves.map(({ partition }) => partition)).size).toBe(moves.length)
        for (const { partition, from, to } of moves) {
          expect(from).toBe(places.get(partition))
          expect(to).toBeGreaterThan(from)
          const passed = read[partition]!.records.filter(({ offset }) => offset >= from && offset < to)
          expect(records.filter((record) => passed.includes(record))).toEqual(passed)
          places.set(partition, to)
        }
        for (const record of records) expect(left.delete(record)).toBe(true)
      }
      expect(left.size).toBe(0)
      for (const { partition, next } of read) expect(places.get(partition)).toBe(next)
    }),
  )
})
