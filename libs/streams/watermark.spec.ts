import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { isClosed, NO_WATERMARK, Watermarks } from './watermark.ts'

test('a window is closed once the watermark is the grace behind its end', () => {
  expect(isClosed(1_000, 500, NO_WATERMARK)).toBe(false)
  expect(isClosed(1_000, 500, 1_499)).toBe(false)
  expect(isClosed(1_000, 500, 1_500)).toBe(true)
})

test('the slowest partition holds the others up, until it is idle', () => {
  const watermarks = new Watermarks(1_000)
  expect(watermarks.at(0)).toBe(NO_WATERMARK)
  watermarks.observe(0, 50, 0)
  watermarks.observe(1, 20, 0)
  expect(watermarks.at(0)).toBe(20)
  watermarks.observe(0, 90, 1_500)
  expect(watermarks.at(1_500)).toBe(90)
  watermarks.observe(1, 30, 1_600)
  expect(watermarks.at(1_600)).toBe(90)
})

const step = fc.record({ partition: fc.nat({ max: 3 }), watermark: fc.nat({ max: 100 }), pause: fc.nat({ max: 30 }) })

test('it never goes back, and is never ahead of a partition that was not idle all the time', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      asManyAsFitNow((steps) => {
        const watermarks = new Watermarks(20)
        const heard = new Map<number, { watermark: number; at: number; fell: boolean }>()
        let [now, before] = [0, NO_WATERMARK]
        for (const { partition, watermark, pause } of steps) {
          now += pause
          for (const each of heard.values()) each.fell ||= now - each.at >= 20
          const known = heard.get(partition)
          // Whoever comes for the first time, or after a silence, may be behind.
          const fell = known === undefined || known.fell
          heard.set(partition, { watermark: Math.max(watermark, known?.watermark ?? 0), at: now, fell })
          watermarks.observe(partition, watermark, now)
          const reached = watermarks.at(now)
          expect(reached).toBeGreaterThanOrEqual(before)
          if (reached > before)
            for (const each of heard.values())
              if (now - each.at < 20) expect(reached).toBeLessThanOrEqual(each.watermark)
          before = reached
        }
      }),
    ),
  )
})
