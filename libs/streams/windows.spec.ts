import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { hopping, intoSession, type Session, startOf, tumbling } from './windows.ts'

const time = fc.integer({ min: -10_000, max: 10_000 })
const size = fc.integer({ min: 1, max: 500 })

test('an instant is in one tumbling window, which begins at a multiple of the size', () => {
  fc.assert(
    fc.property(
      time,
      size,
      asManyAsFitNow((time, size) => {
        const [start, ...others] = tumbling(size).of(time)
        expect(others).toEqual([])
        expect(Math.abs(start! % size)).toBe(0)
        expect(time - start!).toBeGreaterThanOrEqual(0)
        expect(time - start!).toBeLessThan(size)
      }),
    ),
  )
})

test('hopping windows are all that hold the instant', () => {
  fc.assert(
    fc.property(
      time,
      size,
      fc.integer({ min: 1, max: 100 }),
      asManyAsFitNow((time, size, advance) => {
        const all: number[] = []
        for (let start = startOf(time - size, advance) - advance; start <= time; start += advance)
          if (start <= time && time < start + size) all.push(start)
        expect(hopping(size, advance).of(time)).toEqual(all)
      }),
    ),
  )
})

/** Sorted and split wherever the pause is longer than the gap. */
const sessionsOf = (times: readonly number[], gap: number): Session[] => {
  const sessions: { start: number; end: number }[] = []
  for (const time of times.toSorted((a, b) => a - b)) {
    const last = sessions.at(-1)
    if (last !== undefined && time - last.end <= gap) last.end = time
    else sessions.push({ start: time, end: time })
  }
  return sessions
}

test('sessions are the same in whichever order their events come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 30 }),
      fc.nat({ max: 20 }),
      asManyAsFitNow((times, gap) => {
        let open: Session[] = []
        for (const time of times) {
          const { session, replaced } = intoSession(open, time, gap)
          open = [...open.filter((each) => !replaced.includes(each)), session]
        }
        expect(open.toSorted((a, b) => a.start - b.start)).toEqual(sessionsOf(times, gap))
      }),
    ),
  )
})
