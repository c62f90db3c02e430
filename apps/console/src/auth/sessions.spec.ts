import { expect, test } from 'vitest'
import { Sessions } from './sessions.ts'

const HOUR = 3_600_000
const ann = { subject: 'ann', roles: ['admin'] } as const
const bob = { subject: 'bob', roles: ['support'] } as const

test('a session is its subject until its token is over, and 8 h at most', () => {
  let now = 0
  const sessions = new Sessions(() => now)
  const short = sessions.begin(ann, HOUR)
  const long = sessions.begin(ann, 100 * HOUR)
  expect(short.id).toMatch(/^[\w-]{43}$/)
  expect([short.until, long.until]).toEqual([HOUR, 8 * HOUR])
  expect(sessions.principal(short.id)).toEqual(ann)
  now = HOUR
  expect(sessions.principal(short.id)).toBeUndefined()
  now = 8 * HOUR - 1
  expect(sessions.principal(long.id)).toEqual(ann)
  now = 8 * HOUR
  expect(sessions.principal(long.id)).toBeUndefined()
})

test('one ends, or all of a subject', () => {
  const sessions = new Sessions(() => 0)
  const [first, second, third] = [sessions.begin(ann, HOUR), sessions.begin(ann, HOUR), sessions.begin(ann, HOUR)]
  const other = sessions.begin(bob, HOUR)
  sessions.end(first.id)
  expect([first, second].map(({ id }) => sessions.principal(id))).toEqual([undefined, ann])
  sessions.endAll('ann')
  expect([second, third, other].map(({ id }) => sessions.principal(id))).toEqual([undefined, undefined, bob])
})

test('what goes on under a session is told of its end, unless it is done before', () => {
  const sessions = new Sessions(() => 0)
  const { id } = sessions.begin(ann, HOUR)
  const told: string[] = []
  sessions.whenEnded(id, () => told.push('under way'))
  sessions.whenEnded(id, () => told.push('done'))()
  sessions.endAll('ann')
  sessions.whenEnded(id, () => told.push('too late'))
  expect(told).toEqual(['under way', 'too late'])
})

test('of one subject the newest 50 are kept, of all the newest 10,000', () => {
  const sessions = new Sessions(() => 0)
  const other = sessions.begin(bob, HOUR)
  const many = Array.from({ length: 51 }, () => sessions.begin(ann, HOUR))
  expect(many.slice(0, 2).map(({ id }) => sessions.principal(id))).toEqual([undefined, ann])
  for (let i = 0; i < 9_949; i++) sessions.begin({ subject: `s${i}`, roles: [] }, HOUR)
  expect(sessions.principal(other.id)).toEqual(bob)
  sessions.begin({ subject: 'last', roles: [] }, HOUR)
  expect(sessions.principal(other.id)).toBeUndefined()
})
