import { expect, test } from 'vitest'
import { type Assignment, assign } from './assignor.ts'

const topics: Record<string, { topicId: string; partitions: number }> = {
  t: { topicId: 'T', partitions: 2 },
  u: { topicId: 'U', partitions: 1 },
}
const assigned = (members: Record<string, string[]>, before: Record<string, Assignment> = {}) =>
  Object.fromEntries(
    assign(
      Object.entries(members).map(([memberId, names]) => ({ memberId, topics: names })),
      (name) => topics[name],
      new Map(Object.entries(before)),
    ),
  )
const of = (topicId: string, ...partitions: number[]) => ({ topicId, partitions })

test('the partitions of all topics are spread over those who subscribe to the same', () => {
  expect(assigned({ b: ['t', 'u'], a: ['t', 'u'] })).toEqual({ a: [of('T', 0), of('U', 0)], b: [of('T', 1)] })
})

test('where they do not, those of each topic are spread over its subscribers', () => {
  expect(assigned({ a: ['t'], b: ['t', 'u'] })).toEqual({ a: [of('T', 0)], b: [of('T', 1), of('U', 0)] })
})

test('partitions are shared where members are more, each by as many', () => {
  const expected = { a: [of('T', 0, 1)], b: [of('T', 0)], c: [of('T', 1)] }
  expect(assigned({ a: ['t'], b: ['t'], c: ['t'] })).toEqual(expected)
})

test('members keep what they had', () => {
  const before = { b: [of('T', 0)], c: [of('T', 1)] }
  expect(assigned({ a: ['t'], b: ['t'], c: ['t'] }, before)).toEqual({ ...before, a: [of('T', 0, 1)] })
  expect(assigned({ b: ['t'], c: ['t'] }, before)).toEqual(before)
})

test('nothing is assigned of what does not exist, or does not any more', () => {
  expect(assigned({ a: ['gone'], b: ['gone'] })).toEqual({ a: [], b: [] })
  expect(assigned({ a: ['u'] }, { a: [of('T', 0, 1), of('U', 0, 7)] })).toEqual({ a: [of('U', 0)] })
})
