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

test('numbers, booleans, instants and no elements at all', async () => {
  expect(await asRead('int', [1, -2, null])).toEqual([1, -2, null])
  expect(await asRead('bigint', [9_007_199_254_740_993n])).toEqual([9_007_199_254_740_993n])
  expect(await asRead('boolean', [true, false])).toEqual([true, false])
  expect(await asRead('timestamptz', [new Date(0)])).toEqual([new Date(0)])
  expect(await asRead('text', [])).toEqual([])
})

test('what has no text of its own is refused', async () => {
  await expect(asRead('text', [{}])).rejects.toThrow('no array element: object')
})
