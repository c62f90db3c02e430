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
    const rates = { faultRate: 0.5, timeoutRate: 0.25 }
    const draws = Array.from({ length: 1_024 }, (_, i) => fateOf(i / 1_024, rates))
    const count = (effect: boolean, outcome: string) =>
      draws.filter((fate) => fate.effect === effect && fate.outcome === outcome).length
    expect([count(false, 'fault'), count(true, 'fault')]).toEqual([256, 256])
    expect([count(false, 'silence'), count(true, 'silence')]).toEqual([128, 128])
    expect(count(true, 'answer')).toBe(256)
  })
})
