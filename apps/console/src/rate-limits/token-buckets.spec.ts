import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenBuckets } from './token-buckets.ts'

const bucketsAt = (requests: number, seconds: number, most?: number) => {
  const clock = { ms: 1_000_000 }
  return { clock, buckets: new TokenBuckets({ requests, seconds }, () => clock.ms, most) }
}

describe('a bucket', () => {
  test('lets in its quota at once, and says what remains and when there is more', () => {
    const { buckets } = bucketsAt(3, 30)
    expect([1, 2, 3, 4].map(() => buckets.take('ann'))).toEqual([
      { isLetIn: true, remaining: 2, nextInS: 10 },
      { isLetIn: true, remaining: 1, nextInS: 10 },
      { isLetIn: true, remaining: 0, nextInS: 10 },
      { isLetIn: false, remaining: 0, nextInS: 10 },
    ])
  })

  test('fills little by little, and whoever is refused loses nothing by asking', () => {
    const { clock, buckets } = bucketsAt(3, 30)
    for (let i = 0; i < 3; i++) buckets.take('ann')
    clock.ms += 9_999
    expect(buckets.take('ann')).toEqual({ isLetIn: false, remaining: 0, nextInS: 1 })
    clock.ms += 1
    expect(buckets.take('ann')).toEqual({ isLetIn: true, remaining: 0, nextInS: 10 })
    expect(buckets.take('ann').isLetIn).toBe(false)
    clock.ms += 3_600_000
    expect(buckets.take('ann').remaining).toBe(2)
  })

  test("is nobody else's", () => {
    const { buckets } = bucketsAt(1, 1)
    expect(buckets.take('ann').isLetIn).toBe(true)
    expect(buckets.take('ann').isLetIn).toBe(false)
    expect(buckets.take('bob').isLetIn).toBe(true)
  })

  test('never lets in more than its quota and what has come back since, and always who waited as told', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 60 }),
        waits,
        (requests, seconds, waits) => {
          const { clock, buckets } = bucketsAt(requests, seconds)
          const begin = clock.ms
          let letIn = 0
          for (const wait of waits) {
            clock.ms += wait
            const taken = buckets.take('ann')
            if (taken.isLetIn) letIn++
            else clock.ms += taken.nextInS * 1_000
            if (!taken.isLetIn) expect(buckets.take('ann').isLetIn, 'after the time that was told').toBe(true)
            if (!taken.isLetIn) letIn++
          }
          expect(letIn).toBeLessThanOrEqual(requests + ((clock.ms - begin) / 1_000 / seconds) * requests + 1e-6)
        },
      ),
    )
  })
})

describe('the table', () => {
  test('is bounded: beyond it, whoever was away for longest is forgotten', () => {
    const { buckets } = bucketsAt(1, 3_600, 2)
    buckets.take('ann')
    buckets.take('bob')
    buckets.take('ann')
    buckets.take('eve')
    expect(buckets.size).toBe(2)
    expect(buckets.take('ann').isLetIn).toBe(false)
    expect(buckets.take('bob').isLetIn).toBe(true)
  })

  test('forgets in that order however long it goes on', () => {
    const who = fc.integer({ min: 0, max: 9 })
    fc.assert(
      fc.property(fc.array(who, { maxLength: 300 }), fc.integer({ min: 1, max: 5 }), (asking, most) => {
        const { buckets } = bucketsAt(1, 3_600, most)
        let known: number[] = []
        for (const one of asking) {
          expect(buckets.take(String(one)).isLetIn).toBe(!known.includes(one))
          known = [...known.filter((each) => each !== one), one].slice(-most)
          expect(buckets.size).toBe(known.length)
        }
      }),
    )
  })
})
