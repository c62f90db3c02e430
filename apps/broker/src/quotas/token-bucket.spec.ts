import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Bucket, type Flow, full, msOfDebt, take } from './token-bucket.ts'

const FLOW: Flow = { rate: 1000, most: 5000 }

test('what was kept may be used at once, what is beyond it is a debt that time pays', () => {
  const used = take(full(FLOW, 0), 5000, 0, FLOW)
  expect(msOfDebt(used, FLOW)).toBe(0)
  const indebted = take(used, 2500, 0, FLOW)
  expect(msOfDebt(indebted, FLOW)).toBe(2500)
  expect(msOfDebt(take(indebted, 0, 1500, FLOW), FLOW)).toBe(1000)
  expect(msOfDebt(take(indebted, 0, 2500, FLOW), FLOW)).toBe(0)
})

test('no more is kept than there is room for, however long nothing happens', () => {
  expect(take(full(FLOW, 0), 0, 1_000_000, FLOW).tokens).toBe(5000)
})

test('who waits as long as he is told never gets more than the rate, beyond what was kept', () => {
  const amounts = fc.array(fc.record({ amount: fc.nat(20_000), pause: fc.nat(3000) }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(
      amounts,
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 50_000 }),
      (uses, rate, most) => {
        const flow = { rate, most }
        let bucket: Bucket = full(flow, 0)
        let now = 0
        let used = 0
        for (const { amount, pause } of uses) {
          now += pause
          bucket = take(bucket, amount, now, flow)
          used += amount
          now += msOfDebt(bucket, flow)
          expect(used).toBeLessThanOrEqual(most + (now * rate) / 1000 + 1e-3)
        }
      },
    ),
  )
})

test('who stays below the rate never waits', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 50 }), (pauses) => {
      let bucket: Bucket = full(FLOW, 0)
      let now = 0
      for (const pause of pauses) {
        now += pause
        bucket = take(bucket, pause, now, FLOW)
        expect(msOfDebt(bucket, FLOW)).toBe(0)
      }
    }),
  )
})

test('a clock that stands still or goes back gives nothing', () => {
  const bucket = take(full(FLOW, 1000), 6000, 1000, FLOW)
  expect(take(bucket, 0, 500, FLOW)).toEqual(bucket)
})
