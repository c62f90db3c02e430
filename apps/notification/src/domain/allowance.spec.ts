import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { HOUR_MS, type Limits, takeTurns, type Waiting } from './allowance.ts'
import { type Priority, priorities, rankOf } from './channels.ts'

interface Gone extends Waiting {
  readonly at: number
}

/** Looks when something came and when the last look said; answers what went, in its order. */
const play = (arrivals: readonly Waiting[], limits: Limits): Gone[] => {
  const coming = [...arrivals].sort((a, b) => a.since - b.since)
  let waiting: Waiting[] = []
  const gone: Gone[] = []
  let nextAt: number | undefined
  for (let looks = 0; coming.length > 0 || waiting.length > 0; looks++) {
    if (looks > 10 * arrivals.length + 100) throw new Error('it looks without end')
    const now = Math.min(nextAt ?? Number.POSITIVE_INFINITY, coming[0]?.since ?? Number.POSITIVE_INFINITY)
    while (coming[0] && coming[0].since <= now) waiting.push(coming.shift()!)
    const turn = takeTurns(
      now,
      waiting,
      gone.map(({ at }) => at),
      limits,
    )
    for (const id of turn.released) gone.push({ ...waiting.find((one) => one.id === id)!, at: now })
    waiting = waiting.filter(({ id }) => !turn.released.includes(id))
    nextAt = turn.nextAt
  }
  return gone
}

const mostInAnyHour = (times: readonly number[]): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + HOUR_MS).length))

test('of 1,000 for one customer in a minute 100 go out, the rest later and all of them, in order of priority and age', () => {
  const arrivals = Array.from({ length: 1_000 }, (_, n): Waiting => {
    const since = n * 60
    return { id: String(n).padStart(4, '0'), priority: n % 2 === 0 ? 'normal' : 'low', since, notBefore: since }
  })
  const gone = play(arrivals, { perHour: 100, overdraft: 20 })
  expect(gone.filter(({ at }) => at < 60_000)).toHaveLength(100)
  expect(new Set(gone.map(({ id }) => id)).size).toBe(1_000)
  expect(mostInAnyHour(gone.map(({ at }) => at))).toBe(100)
  const later = gone.slice(100)
  expect(later.map(({ id }) => id)).toEqual(
    [...later].sort((a, b) => rankOf(a.priority) - rankOf(b.priority) || a.since - b.since).map(({ id }) => id),
  )
  // Ten hours for ten times the limit.
  expect(gone.at(-1)!.at).toBeLessThan(9 * HOUR_MS + 60_000)
})

test('high overdraws within a second limit, and what it took others wait for', () => {
  const at = (priority: Priority, since: number, n: number): Waiting => ({
    ...{ id: `${priority}-${String(n).padStart(2, '0')}`, priority, since, notBefore: since },
  })
  const ten = (priority: Priority, since: number) => Array.from({ length: 10 }, (_, n) => at(priority, since, n))
  const gone = play([...ten('normal', 0), ...ten('high', 10)], { perHour: 5, overdraft: 3 })
  const firstHour = gone.filter((one) => one.at < HOUR_MS)
  expect(firstHour.map(({ priority }) => priority)).toEqual([...Array(5).fill('normal'), ...Array(3).fill('high')])
  expect(gone).toHaveLength(20)
  // The five of the next hour are high ones: they come first, and have their overdraft.
  expect(gone.slice(8, 15).every(({ priority }) => priority === 'high')).toBe(true)
})

test('whatever comes, no hour has more than its limit, nothing is lost, and nothing overtakes what could have gone', () => {
  const arrival = fc.record({
    priority: fc.constantFrom(...priorities),
    since: fc.integer({ min: 0, max: 3 * HOUR_MS }),
    quietFor: fc.constantFrom(0, 0, 0, HOUR_MS / 2, 5 * HOUR_MS),
  })
  const limits = fc.record({ perHour: fc.integer({ min: 1, max: 8 }), overdraft: fc.integer({ min: 0, max: 4 }) })
  fc.assert(
    fc.property(
      fc.array(arrival, { maxLength: 60 }),
      limits,
      asManyAsFitNow((drawn, limit) => {
        const arrivals = drawn.map(({ priority, since, quietFor }, n) => ({
          ...{ id: String(n).padStart(3, '0'), priority, since, notBefore: since + quietFor },
        }))
        const gone = play(arrivals, limit)
        expect(gone.map(({ id }) => id).sort()).toEqual(arrivals.map(({ id }) => id))
        expect(mostInAnyHour(gone.map(({ at }) => at))).toBeLessThanOrEqual(limit.perHour + limit.overdraft)
        for (const [index, one] of gone.entries()) {
          expect(one.at).toBeGreaterThanOrEqual(one.notBefore)
          const hour = gone.slice(0, index).filter(({ at }) => at > one.at - HOUR_MS)
          if (one.priority !== 'high') expect(hour.length).toBeLessThan(limit.perHour)
          // Of one priority, who came first goes first, unless it had to be quiet.
          const overtaken = gone.slice(index + 1).filter((other) => other.notBefore <= one.at)
          for (const other of overtaken.filter(({ priority }) => priority === one.priority))
            expect(other.since > one.since || (other.since === one.since && other.id > one.id)).toBe(true)
        }
      }),
    ),
    { numRuns: 300 },
  )
})
