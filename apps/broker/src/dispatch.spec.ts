import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ApiKey } from './api-key.ts'
import { dispatch, findHandler } from './dispatch.ts'

test('SUPPORTED.md says exactly what ApiVersions says', () => {
  const text = readFileSync(`${import.meta.dirname}/SUPPORTED.md`, 'utf8')
  const documented = [...text.matchAll(/^\| (\d+) +\| (\w+) +\| (\d+)–(\d+) +\|/gm)].map((match) => match.slice(1, 5))
  const answered = Object.values(dispatch).map(({ api, advertised: { min, max } }) => [api.key, api.name, min, max])
  expect(documented).toEqual(answered.map((row) => row.map(String)))
})

test('every key leads to the handler of its own API', () => {
  for (const [name, key] of Object.entries(ApiKey)) expect(dispatch[key].api).toMatchObject({ key, name })
})

test('every version that is answered can be read', () => {
  for (const { api, advertised, lowestAnswered } of Object.values(dispatch)) {
    expect(lowestAnswered ?? advertised.min, api.name).toBeGreaterThanOrEqual(api.versions.min)
    expect(advertised.max, api.name).toBeLessThanOrEqual(api.versions.max)
  }
})

test('what is out of range has no handler, but ApiVersions always has one', () => {
  expect(findHandler(ApiKey.Fetch, 18)).toBeUndefined()
  expect(findHandler(ApiKey.Produce, 2)).toBeUndefined()
  expect(findHandler(4, 0)).toBeUndefined()
  expect(findHandler(ApiKey.ApiVersions, 99)).toBe(dispatch[ApiKey.ApiVersions])
})
