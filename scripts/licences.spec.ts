import { expect, test } from 'vitest'
import { forbiddenLicences, lockedPackages } from './licences.ts'

test('every package that is locked has a licence that is allowed', () => {
  expect(forbiddenLicences(lockedPackages())).toEqual([])
})

test('what is not allowed is named', () => {
  const locked = (license: string | undefined, dev = false) =>
    forbiddenLicences({ 'node_modules/a/node_modules/b': { version: '1.0.0', ...(license && { license }), dev } })
  expect(locked('GPL-3.0')).toEqual(['b 1.0.0: GPL-3.0, and it is handed on'])
  expect(locked(undefined)).toEqual(['b 1.0.0: says no licence'])
  expect(locked('MPL-2.0')).toHaveLength(1)
  expect(locked('MPL-2.0', true)).toEqual([])
  expect(locked('(GPL-2.0 OR MIT)')).toEqual([])
  expect(locked('GPL-2.0 AND MIT')).toHaveLength(1)
})
