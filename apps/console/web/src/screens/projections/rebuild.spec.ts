import { expect, test } from 'vitest'
import type { Projection, ProjectionVersion } from '../../server/types.ts'
import { candidateOf, comparisonSays, differencesOf, isSame, servingOf, wayOf } from './rebuild.ts'

const version = (number: number, state: ProjectionVersion['state']) => ({ version: number, state }) as ProjectionVersion
const projection = (servingVersion: number | null, ...versions: ProjectionVersion[]) =>
  ({ servingVersion, versions }) as Projection
const comparison = (missing: number, added: number, differing: number) => ({
  ...{ comparedWith: 3, serving: 10, candidate: 10, servingDigest: 'a', candidateDigest: 'b', sample: [] },
  ...{ missing, added, differing },
})

test('the version on its way is found beside the one that serves and those that are over', () => {
  const rebuilt = projection(2, version(3, 'comparing'), version(2, 'serving'), version(1, 'retired'))
  expect(candidateOf(rebuilt)?.version).toBe(3)
  expect(servingOf(rebuilt)?.version).toBe(2)
  expect(candidateOf(projection(2, version(2, 'serving'), version(1, 'kept')))).toBeUndefined()
  expect(servingOf(projection(null, version(1, 'filling')))).toBeUndefined()
})

test('a way has what is done, where it is now and what is to come, and one that is over has none', () => {
  expect(wayOf(version(3, 'comparing'))?.map(({ is }) => is)).toEqual(['done', 'done', 'now', 'to come', 'to come'])
  expect(wayOf(version(3, 'serving'))).toBeUndefined()
})

test('a comparison is said in words', () => {
  expect(comparisonSays(null)).toBe('–')
  expect(comparisonSays(comparison(0, 0, 0))).toBe('the same as version 3')
  expect(comparisonSays(comparison(1, 0, 2))).toBe('1 missing, 2 differing')
  expect(isSame(comparison(0, 1, 0))).toBe(false)
  expect(differencesOf(comparison(1, 2, 3)).map(({ rows }) => rows)).toEqual([1, 2, 3])
})
