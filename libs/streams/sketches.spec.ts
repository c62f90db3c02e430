import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { addCounts, type Counts, sumsOf } from './counts.ts'
import { ACCURACY, addBins, addValue, type Bins, quantile } from './dd-sketch.ts'
import { fingerprint } from './fingerprint.ts'
import {
  addElement,
  decodeRegisters,
  encodeRegisters,
  estimate,
  mergeRegisters,
  type Registers,
  STANDARD_ERROR,
} from './hyper-log-log.ts'
import { SpaceSaving } from './space-saving.ts'

/** Every way to have parts of one whole: what partitions count is merged, and must be what one would have counted. */
const inParts = <T>(each: fc.Arbitrary<T>) => fc.array(fc.array(each, { maxLength: 40 }), { maxLength: 6 })

describe('counts', () => {
  test('of parts add up, and what was added can be taken away', () => {
    fc.assert(
      fc.property(
        inParts(fc.record({ key: fc.constantFrom('a', 'b', 'c'), measure: fc.nat({ max: 2 }), amount: fc.nat() })),
        asManyAsFitNow((parts) => {
          const [merged, whole]: Counts[] = [new Map(), new Map()]
          for (const part of parts) {
            const counts: Counts = new Map()
            for (const { key, measure, amount } of part) {
              sumsOf(counts, key, 3)[measure]! += amount
              if (amount > 0) sumsOf(whole!, key, 3)[measure]! += amount
            }
            addCounts(merged!, counts)
          }
          expect(merged).toEqual(whole)
          addCounts(merged!, whole!, -1)
          expect([...merged!.values()].flat().every((sum) => sum === 0)).toBe(true)
        }),
      ),
    )
  })
})

describe('DDSketch', () => {
  const values = fc.oneof(fc.nat({ max: 100_000_000 }), fc.nat({ max: 50 }))

  test('a quantile is within one percent of the exact one, over all parts', () => {
    fc.assert(
      fc.property(
        inParts(values),
        fc.constantFrom(0, 0.25, 0.5, 0.95, 0.99, 1),
        asManyAsFitNow((parts, q) => {
          const merged: Bins = new Map()
          for (const part of parts) {
            const bins: Bins = new Map()
            for (const value of part) addValue(bins, value)
            addBins(merged, bins)
          }
          const sorted = parts.flat().sort((a, b) => a - b)
          const exact = sorted[Math.floor(q * (sorted.length - 1))]
          const answer = quantile(merged, q)
          if (exact === undefined) expect(answer).toBeUndefined()
          else expect(Math.abs(answer! - exact)).toBeLessThanOrEqual(exact * ACCURACY * 1.000_001)
        }),
      ),
    )
  })

  test('what is taken away leaves nothing behind', () => {
    const [bins, more]: Bins[] = [new Map(), new Map()]
    for (const value of [1, 10, 10, 500]) addValue(bins!, value)
    const before = new Map(bins)
    for (const value of [7, 10, 0]) addValue(more!, value)
    addBins(bins!, more!)
    addBins(bins!, more!, -1)
    expect(bins).toEqual(before)
  })
})

describe('HyperLogLog', () => {
  const registersOf = (names: readonly string[]): Registers => {
    const registers: Registers = new Map()
    for (const name of names) addElement(registers, fingerprint(name, { high: 0, low: 0 }))
    return registers
  }

  test('merging parts is counting the whole, however often they are merged', () => {
    fc.assert(
      fc.property(
        inParts(fc.string()),
        asManyAsFitNow((parts) => {
          const merged: Registers = new Map()
          for (const part of [...parts, ...parts])
            mergeRegisters(merged, decodeRegisters(encodeRegisters(registersOf(part))))
          expect(encodeRegisters(merged)).toEqual(encodeRegisters(registersOf(parts.flat())))
        }),
      ),
    )
  })

  test('few are counted almost exactly', () => {
    expect(estimate(registersOf([]))).toBe(0)
    expect(estimate(registersOf(['a', 'b', 'a']))).toBe(2)
  })

  test.each([100, 1_000, 10_000, 100_000, 400_000])('of %i the estimate is within four standard errors', (size) => {
    const answer = estimate(registersOf(Array.from({ length: size }, (_, n) => `visitor-${n}`)))
    expect(Math.abs(answer - size) / size).toBeLessThan(4 * STANDARD_ERROR)
  })
})

describe('Space-Saving', () => {
  const CAPACITY = 5
  const seen = fc.record({ key: fc.constantFrom(...'abcdefghij'), amount: fc.integer({ min: 1, max: 9 }) })

  test('no count is below the truth, none above it by more than it says, and nothing frequent is missing', () => {
    fc.assert(
      fc.property(
        inParts(seen),
        asManyAsFitNow((parts) => {
          const merged = new SpaceSaving(CAPACITY)
          const truth = new Map<string, number>()
          for (const part of parts) {
            const sketch = new SpaceSaving(CAPACITY)
            for (const { key, amount } of part) {
              sketch.add(key, amount)
              truth.set(key, (truth.get(key) ?? 0) + amount)
            }
            merged.merge(sketch)
          }
          const total = [...truth.values()].reduce((sum, each) => sum + each, 0)
          const top = merged.top(CAPACITY)
          for (const { key, count, error } of top) {
            expect(count).toBeGreaterThanOrEqual(truth.get(key) ?? 0)
            expect(count - error).toBeLessThanOrEqual(truth.get(key) ?? 0)
            expect(error).toBeLessThanOrEqual(total / CAPACITY)
          }
          for (const [key, times] of truth)
            if (times > total / CAPACITY) expect(top.map((each) => each.key)).toContain(key)
        }),
      ),
    )
  })

  test('with a counter for every key it is exact', () => {
    const sketch = new SpaceSaving(3)
    for (const key of ['a', 'b', 'a', 'c', 'c', 'c']) sketch.add(key)
    expect(sketch.top(2)).toEqual([
      { key: 'c', count: 3, error: 0 },
      { key: 'a', count: 2, error: 0 },
    ])
    expect(new SpaceSaving(3, sketch.top(3)).top(3)).toEqual(sketch.top(3))
  })
})
