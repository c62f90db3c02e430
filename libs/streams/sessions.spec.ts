import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { type KeyedSession, Sessions } from './sessions.ts'
import { advance, NO_WATERMARK } from './watermark.ts'
import { sessionWindows } from './windows.ts'

const [GAP, GRACE] = [10, 15]

const visits = () =>
  new Sessions<number[]>({
    windows: sessionWindows(GAP, GRACE),
    initial: () => [],
    merge: (one, other) => [...one, ...other],
  })

const sortedOf = (sessions: readonly KeyedSession<number[]>[]) =>
  sessions
    .map(({ key, start, end, value }) => ({ key, start, end, value: value.toSorted((a, b) => a - b) }))
    .sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1))

/** By hand: what is within the gap of what came before, in the order of time. */
const sessionsOf = (events: readonly { key: string; time: number }[]) => {
  const found: { key: string; start: number; end: number; value: number[] }[] = []
  for (const { key, time } of events.toSorted((a, b) => a.time - b.time)) {
    const last = found.findLast((session) => session.key === key)
    if (last === undefined || time - last.end > GAP) found.push({ key, start: time, end: time, value: [time] })
    else Object.assign(last, { end: time, value: [...last.value, time] })
  }
  return sortedOf(found)
}

const event = fc.record({ key: fc.constantFrom('a', 'b'), time: fc.nat({ max: 200 }) })

test('in whichever order events come that are not late, they are in the same sessions', () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 40 }),
      asManyAsFitNow((events) => {
        const sessions = visits()
        for (const { key, time } of events) sessions.add(key, time, NO_WATERMARK, (value) => [...value, time])
        expect(sessions.close(NO_WATERMARK)).toEqual([])
        const expected = sessionsOf(events)
        expect(sessions.size).toBe(expected.length)
        expect(sortedOf(sessions.close(1_000))).toEqual(expected)
        expect(sessions.size).toBe(0)
      }),
    ),
  )
})

test('when sessions are closed changes nothing: an event is late, or in a session that is told once', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ key: fc.constantFrom('a', 'b'), ahead: fc.integer({ min: -20, max: 30 }), isLooked: fc.boolean() }),
        {
          maxLength: 60,
        },
      ),
      asManyAsFitNow((given) => {
        let now = 0
        const steps = given.map(({ key, ahead, isLooked }) => {
          now = Math.max(now, now + ahead)
          return { event: { key, time: ahead > 0 ? now : now + ahead }, isLooked }
        })
        const run = (looks: (isLooked: boolean) => boolean) => {
          const [sessions, told, late] = [visits(), [] as KeyedSession<number[]>[], [] as number[]]
          let watermark = NO_WATERMARK
          for (const { event, isLooked } of steps) {
            const { key, time } = event
            if (sessions.add(key, time, watermark, (value) => [...value, time]) === undefined) late.push(time)
            watermark = advance(watermark, time)
            if (looks(isLooked)) told.push(...sessions.close(watermark))
          }
          told.push(...sessions.close(Number.POSITIVE_INFINITY))
          return { told: sortedOf(told), late }
        }
        const often = run(() => true)
        expect(run((isLooked) => isLooked)).toEqual(often)
        expect(run(() => false)).toEqual(often)
        const all = [...often.told.flatMap(({ value }) => value), ...often.late]
        expect(all.sort((a, b) => a - b)).toEqual(steps.map(({ event }) => event.time).sort((a, b) => a - b))
      }),
    ),
  )
})

test('a pause of the gap is none, and what closes a pause makes one session of two', () => {
  const sessions = visits()
  const add = (time: number) => sessions.add('a', time, NO_WATERMARK, (value) => [...value, time])
  add(0)
  expect(add(GAP)).toMatchObject({ start: 0, end: GAP })
  expect(add(3 * GAP)).toMatchObject({ start: 3 * GAP })
  expect(sessions.size).toBe(2)
  expect(add(2 * GAP)).toMatchObject({ start: 0, end: 3 * GAP, value: [0, GAP, 3 * GAP, 2 * GAP] })
  expect(sessions.size).toBe(1)
})

test('a session takes events until the watermark is past its pause and the lateness; then they are late, or begin another', () => {
  const sessions = visits()
  const add = (time: number, watermark: number) => sessions.add('a', time, watermark, (value) => [...value, time])
  add(100, NO_WATERMARK)
  const closing = 100 + GAP + GRACE
  expect(sessions.close(closing - 1)).toEqual([])
  expect(add(95, closing - 1)).toMatchObject({ start: 95, end: 100 })
  expect(add(99, closing)).toBeUndefined()
  // Within the gap of a session that is over, but not late by itself.
  expect(add(101, closing)).toMatchObject({ start: 101, end: 101 })
  expect(sessions.close(closing)).toMatchObject([{ key: 'a', start: 95, end: 100, value: [100, 95] }])
})

test('what was said of open sessions puts them back, and what has grown out of others takes their place', () => {
  const step = fc.record({ event, isSaid: fc.boolean(), isClosed: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      asManyAsFitNow((steps) => {
        const [sessions, copy] = [visits(), visits()]
        let watermark = NO_WATERMARK
        const say = () => {
          sessions.close(watermark)
          for (const session of sessions.takeChanged()) copy.put(session)
          expect(sessions.takeChanged()).toEqual([])
          copy.close(watermark)
          expect(copy.size).toBe(sessions.size)
        }
        for (const { event, isSaid, isClosed } of steps) {
          const { key, time } = event
          sessions.add(key, time, watermark, (value) => [...value, time])
          watermark = advance(watermark, time)
          if (isClosed) sessions.close(watermark)
          if (isSaid) say()
        }
        say()
        expect(sortedOf(copy.close(Number.POSITIVE_INFINITY))).toEqual(
          sortedOf(sessions.close(Number.POSITIVE_INFINITY)),
        )
      }),
    ),
  )
})
