import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database, GroupCommit } from '#libs/database'
import { configureLogging } from '#libs/observability'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { publishCatalogue } from './publish-catalogue.ts'

configureLogging({ level: 'silent' })

let server: TestDatabase
let database: Database
beforeAll(async () => {
  server = await testDatabase('order')
  database = new Database(server.url)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

const product = (sku: string, amount: number) => ({ sku, name: `The ${sku}`, price: { amount, currency: 'EUR' } })

/** A process starts with these products; answers what it says, in order. */
const start = async (...products: ReturnType<typeof product>[]): Promise<string[]> => {
  await publishCatalogue(new GroupCommit(database), {
    currency: 'EUR',
    products: new Map(products.map((one) => [one.sku, one])),
  })
  const rows = await database.query<{ key: string; value: { price: { amount: number } } | null }>(
    'WITH said AS (DELETE FROM outbox WHERE topic = $1 RETURNING *) SELECT key, value::json FROM said ORDER BY id',
    'catalogue',
  )
  return rows.map(({ key, value }) => `${key} ${value === null ? 'gone' : value.price.amount}`)
}

test('each start says what is new, different or gone since the last one, and nothing else', async () => {
  expect(await start(product('A', 1), product('B', 2))).toEqual(['A 1', 'B 2'])
  expect(await start(product('A', 1), product('B', 2))).toEqual([])
  expect(await start(product('A', 3), product('C', 4))).toEqual(['A 3', 'C 4', 'B gone'])
  expect(await start(product('A', 1), product('B', 2))).toEqual(['A 1', 'B 2', 'C gone'])
})

test('two processes that start at once say it once', async () => {
  const both = await Promise.all([start(product('D', 1)), start(product('D', 1))])
  expect(both.flat().filter((said) => said === 'D 1')).toEqual(['D 1'])
})
