import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANSWERED, fateOf } from './fate.ts'

describe('fate of a request', () => {
  test('without faults everything is answered', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (draw) => {
        expect(fateOf(draw, { faultRate: 0, timeoutRate: 0 })).toEqual(ANSWERED)
      }),
    )
  })

  test('half of what fails failed before the effect, half after it', () => {
    const rates = { faultRate: 0.4, timeoutRate: 0.2 }
    const draws = Array.from({ length: 1_000 }, (_, i) => fateOf(i / 1_000, rates))
    const count = (effect: boolean, outcome: string) =>
      draws.filter((fate) => fate.effect === effect && fate.outcome === outcome).length
    expect([count(false, 'fault'), count(true, 'fault')]).toEqual([200, 200])
    expect([count(false, 'silence'), count(true, 'silence')]).toEqual([100, 100])
    expect(count(true, 'answer')).toBe(400)
  })
})
