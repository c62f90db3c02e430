import { expect, test } from 'vitest'
import type { OracleAnswer } from '../../server/types.ts'
import { promisesOf, verdictOf } from './verdict.ts'

const check = (name: OracleAnswer['checks'][number]['name'], violations = 0) => ({
  ...{ name, promise: 'it holds', violations, of: 10, unit: 'orders', sample: [] },
})
const answer = (checks: OracleAnswer['checks'], missing: OracleAnswer['missing'] = []): OracleAnswer => ({
  ...{ checkedAt: '2026-01-02T00:00:00Z', checks, missing },
})

test('all promises stand in one order, with why one could not be looked at', () => {
  const promises = promisesOf(answer([check('stock')], [{ name: 'money', detail: 'the simulators are away' }]))
  expect(promises.map(({ name }) => name)).toEqual(['ends', 'money', 'stock', 'effects', 'key-order'])
  expect(promises[1]).toMatchObject({ missing: 'the simulators are away', check: undefined })
  expect(promises[2]?.check?.of).toBe(10)
})

test('one that is broken says more than one that was not seen', () => {
  const missing = [{ name: 'ends' as const, detail: 'away' }]
  expect(verdictOf(answer([check('stock')]))).toBe('all hold')
  expect(verdictOf(answer([check('stock')], missing))).toBe('not all seen')
  expect(verdictOf(answer([check('stock', 1)], missing))).toBe('broken')
})
