import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type IndexEntry, SegmentIndex } from './segment-index.ts'

const BASE = 5_000_000_000

/** Ascending entries as a segment produces them. */
const entries = fc
  .array(fc.record({ offsets: fc.integer({ min: 1, max: 9 }), time: fc.integer({ min: 0, max: 3 }) }), {
    maxLength: 30,
  })
  .map((steps) => {
    let offset = BASE
    let maxTimestamp = 0
    return steps.map((step, index): IndexEntry => {
      offset += step.offsets
      maxTimestamp += step.time
      return { offset, position: (index + 1) * 100, maxTimestamp }
    })
  })

it('answers as a linear search would, also after a round trip', () => {
  fc.assert(
    fc.property(entries, fc.nat(300), fc.nat(100), (list, offset, timestamp) => {
      const index = new SegmentIndex(BASE)
      for (const entry of list) index.append(entry)
      const start = { offset: BASE, position: 0, maxTimestamp: -1 }
      for (const subject of [index, new SegmentIndex(BASE, index.encode())]) {
        expect(subject.forOffset(BASE + offset)).toEqual(
          list.findLast((entry) => entry.offset <= BASE + offset) ?? start,
        )
        expect(subject.forTimestamp(timestamp)).toEqual(
          list.findLast((entry) => entry.maxTimestamp < timestamp) ?? start,
        )
        subject.truncateTo(BASE + offset)
        expect(subject.last).toEqual(list.findLast((entry) => entry.offset <= BASE + offset) ?? start)
      }
    }),
  )
})
