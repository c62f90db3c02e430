import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import type { StockEvent } from './domain/movements.ts'
import { StockProver } from './stock-prover.ts'

let testing: TestDatabase
let database: Database
beforeAll(async () => {
  testing = await testDatabase('inventory')
  database = new Database(testing.url)
})
afterAll(async () => {
  await database.close()
  await testing.drop()
})

const append = (sku: string, version: number, { type, data }: StockEvent) =>
  database.execute(
    `INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
     VALUES ('stock-' || $1::text, $2::int, $3::text, $4::json, '{}', now(), pg_current_xact_id()::text::bigint)`,
    sku,
    version,
    type,
    JSON.stringify(data),
  )
const receipt = (quantity: number): StockEvent => ({
  type: 'StockMoved',
  data: { movements: [{ kind: 'receipt', quantity, receiptId: 'r' }] },
})
const stock = (sku: string, onHand: number, version: number) =>
  database.execute(
    `INSERT INTO stock_levels (sku, name, on_hand, reserved, version) VALUES ($1, $1, $2::int, 0, $3::int)
     ON CONFLICT (sku) DO UPDATE SET on_hand = $2::int, version = $3::int`,
    sku,
    onHand,
    version,
  )

test('each look reads what came since, and says what is not the sum of its events', async () => {
  for (let version = 1; version <= 1_200; version++) await append('MUG', version, receipt(1))
  await stock('MUG', 1_200, 1_200)
  await append('BOWL', 1, { type: 'StockCounted', data: { onHand: 5, reserved: 0 } })
  await stock('BOWL', 5, 1)
  const prover = new StockProver(database)
  expect(await prover.look()).toEqual({ proved: 2, products: 2, wrong: 0, sample: [] })

  await append('MUG', 1_201, receipt(3))
  await stock('MUG', 1_203, 1_201)
  await append('BOWL', 2, receipt(1))
  await stock('BOWL', 9, 2)
  expect(await prover.look()).toEqual({
    ...{ proved: 2, products: 2, wrong: 1 },
    sample: ['BOWL: 9 on hand and 0 reserved, its events say 6 on hand and 0 reserved'],
  })
})

test('a level that counts an event that is not there is wrong', async () => {
  await stock('VASE', 1, 1)
  const { wrong, sample } = await new StockProver(database).look()
  expect(wrong).toBe(2)
  expect(sample).toContain('VASE: an event behind version 0 is missing')
})

test('one that has more of a history than a look may read is proved later', async () => {
  await database.execute(
    `INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
     SELECT 'stock-AAA', version, 'StockMoved', $1::json, '{}', now(), pg_current_xact_id()::text::bigint
       FROM generate_series(1, 6000) version`,
    JSON.stringify(receipt(1).data),
  )
  await stock('AAA', 6_000, 6_000)
  const prover = new StockProver(database)
  expect((await prover.look()).proved).toBe(0)
  expect((await prover.look()).sample.join()).not.toContain('AAA')
  expect((await prover.look()).proved).toBe(4)
})
