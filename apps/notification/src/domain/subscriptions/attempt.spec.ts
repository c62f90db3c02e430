import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isDead, nextAttempt, type Patience } from './attempt.ts'

const HOUR_MS = 3_600_000
const patience: Patience = { giveUpMs: 24 * HOUR_MS, firstRetryMs: 5_000, longestRetryMs: HOUR_MS }
const begin = new Date('2026-11-28T00:00:00Z')
const after = (ms: number): Date => new Date(begin.getTime() + ms)

test('an endpoint that never answers is tried ever more rarely for a day, once more at its end, and no more', () => {
  const giveUpAt = after(patience.giveUpMs)
  const waits: number[] = []
  let at = begin
  for (let attempts = 1; ; attempts++) {
    const next = nextAttempt(patience, { attempts, giveUpAt, now: at })
    if (next === 'give up') break
    waits.push(next.inMs)
    at = new Date(at.getTime() + next.inMs)
  }
  expect(waits.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000])
  expect(Math.max(...waits)).toBe(HOUR_MS)
  expect(waits.length).toBeLessThan(40)
  expect(at).toEqual(giveUpAt)
})

test('whoever asks to be left alone is, for an hour at most and not beyond the end', () => {
  const ask = (retryAfterMs: number, giveUpAt = after(patience.giveUpMs)) =>
    nextAttempt(patience, { attempts: 1, retryAfterMs, giveUpAt, now: begin })
  expect(ask(60_000)).toEqual({ inMs: 60_000 })
  expect(ask(1)).toEqual({ inMs: 5_000 })
  expect(ask(50 * HOUR_MS)).toEqual({ inMs: HOUR_MS })
  expect(ask(60_000, after(30_000))).toEqual({ inMs: 30_000 })
})

test('whatever came before, a wait is positive and ends by the time to give up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(), fc.integer({ min: 1 }), (attempts, asked, leftMs) => {
      const next = nextAttempt(patience, { attempts, retryAfterMs: asked, giveUpAt: after(leftMs), now: begin })
      expect(next).toMatchObject({ inMs: expect.any(Number) })
      if (next !== 'give up') expect(next.inMs > 0 && next.inMs <= leftMs).toBe(true)
    }),
  )
})

test('an endpoint is dead when it has failed for as long as a delivery is tried, or half as long when one was given up', () => {
  expect(isDead(patience, begin, after(23 * HOUR_MS), false)).toBe(false)
  expect(isDead(patience, begin, after(24 * HOUR_MS), false)).toBe(true)
  expect(isDead(patience, begin, after(11 * HOUR_MS), true)).toBe(false)
  expect(isDead(patience, begin, after(12 * HOUR_MS), true)).toBe(true)
})
