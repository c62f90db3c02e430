import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'

let server: TestDatabase
let database: Database
beforeAll(async () => {
  server = await testDatabase('notification')
  database = new Database(server.url)
})
afterAll(async () => {
  await database?.close()
  await server?.drop()
})

const asRead = async (type: string, values: readonly unknown[]) =>
  (await database.query<{ value: unknown }>(`SELECT unnest($1::${type}[]) AS value`, values)).map(({ value }) => value)

/** PostgreSQL keeps no NUL, and UTF-8 no half of a surrogate pair. */
const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '').toWellFormed())

test('PostgreSQL reads back any text, whatever has to be escaped in it', async () => {
  const awkward = [
    '',
    'NULL',
    '{}',
    'a,b',
    '"',
    '\\',
    '\\"',
    "'",
    '\n\t\r\b\f',
    '\u0001',
    '\u2028',
    'ångström',
    '🐘',
    ' a ',
  ]
  expect(await asRead('text', awkward)).toEqual(awkward)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(text, fc.json(), fc.constant(null)), { minLength: 1 }), async (values) => {
      expect(await asRead('text', values)).toEqual(values)
    }),
  )
})

test('numbers, booleans, instants, UUIDs, nothing, and no elements at all', async () => {
  expect(await asRead('smallint', [1, -2, null])).toEqual([1, -2, null])
  expect(await asRead('int', [1, -2, null])).toEqual([1, -2, null])
  expect(await asRead('bigint', [9_007_199_254_740_993n, -1, null])).toEqual([9_007_199_254_740_993n, -1n, null])
  expect(await asRead('boolean', [true, false, null])).toEqual([true, false, null])
  expect(await asRead('timestamptz', [new Date(0), '2026-01-02T03:04:05.678Z', null])).toEqual([
    new Date(0),
    new Date('2026-01-02T03:04:05.678Z'),
    null,
  ])
  const uuid = '6f1d2c1e-8b0a-5f0e-9b7a-3c4d5e6f7081'
  expect(await asRead('uuid', [uuid, null])).toEqual([uuid, null])
  expect(await asRead('text', [])).toEqual([])
})

test('a type that is not known here is left to the driver', async () => {
  expect(await asRead('date', ['2026-01-02', null])).toEqual([new Date(2026, 0, 2), null])
})

test.each([
  ['text', {}],
  ['int', 2 ** 31],
  ['int', 'one'],
  ['bigint', 1.5],
  ['timestamptz', 'tomorrow'],
  ['uuid', 'me'],
  ['uuid', '6f1d2c1e-8b0a-5f0e-9b7a-3c4d5e6f70810'],
  ['uuid', '6f1d2c1e-8b0a-5f0e-9b7a-3c4d5e6f708x'],
])('a %s that is none is refused', async (type, value) => {
  await expect(asRead(type, [value])).rejects.toThrow()
})
