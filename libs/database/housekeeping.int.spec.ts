import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Database, Housekeeping } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'

const NOW = new Date('2026-06-01T12:00:00Z')
const retention = [{ table: 'kept', column: 'at', keptMs: 3_600_000 }]

let server: TestDatabase
let database: Database
beforeAll(async () => {
  server = await testDatabase('payment')
  database = new Database(server.url)
  await database.execute('CREATE TABLE kept (id int PRIMARY KEY, at timestamptz NOT NULL)')
  await database.execute('CREATE INDEX ON kept (at)')
})
afterAll(async () => {
  await database?.close()
  await server?.drop()
})
beforeEach(() => database.execute('TRUNCATE kept'))

/** Rows whose age is as many minutes as their number, or the given one. */
const insert = (from: number, to: number, minutes = 'id') =>
  database.execute(
    `INSERT INTO kept SELECT id, $1::timestamptz - ${minutes} * interval '1 minute' FROM generate_series(${from}, ${to}) AS id`,
    NOW,
  )
const count = async () => (await database.query('SELECT FROM kept')).length
const housekeeping = () => new Housekeeping({ database, retention, clock: () => NOW })

test('everything that is due is removed, however much it is, and nothing else', async () => {
  await insert(1, 20_060)
  expect(await housekeeping().prune()).toBe(20_001)
  expect(await count()).toBe(59)
})

test('also where one moment has more rows than a batch', async () => {
  await insert(1, 12_000, '90')
  expect(await housekeeping().prune()).toBe(12_000)
})

test('of two that do so at the same time one does, and each row is counted once', async () => {
  await insert(61, 30_060)
  const counts = await Promise.all([housekeeping().prune(), housekeeping().prune()])
  const rest = await housekeeping().prune()
  expect(counts[0]! + counts[1]! + rest).toBe(30_000)
  expect(await count()).toBe(0)
})

test('a row that is given another moment meanwhile stays', async () => {
  await insert(1, 1, '90')
  const [begun, renewed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const renewal = database.transaction(async (tx) => {
    await tx.execute('UPDATE kept SET at = $1::timestamptz', NOW)
    begun.resolve()
    await renewed.promise
  })
  await begun.promise
  const pruning = housekeeping().prune()
  await expect
    .poll(() =>
      database.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%removed%'`),
    )
    .toHaveLength(1)
  renewed.resolve()
  await renewal
  expect(await pruning).toBe(0)
  expect(await count()).toBe(1)
})

test('stopping does not wait for everything that is due', async () => {
  await insert(61, 30_060)
  const stopped = housekeeping()
  const pruning = stopped.prune()
  await stopped.stop()
  expect(await pruning).toBeLessThan(30_000)
})
