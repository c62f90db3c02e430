import { expect, test } from 'vitest'
import { ConnectionQuotas } from './connection-quotas.ts'

test('connections are limited in all and by address, and make room when they go', () => {
  const limits = { total: 3, perAddress: 2 }
  const quotas = new ConnectionQuotas(() => limits)
  const first = quotas.accept('a')
  expect(first).toBeDefined()
  expect(quotas.accept('a')).toBeDefined()
  expect(quotas.accept('a')).toBeUndefined()
  expect(quotas.accept('b')).toBeDefined()
  expect(quotas.accept('b')).toBeUndefined()
  first?.()
  expect(quotas.accept('a')).toBeDefined()
  // A limit that is raised holds for the next one.
  limits.total = 4
  expect(quotas.accept('b')).toBeDefined()
})
