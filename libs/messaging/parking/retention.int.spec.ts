import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database, Housekeeping } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { parkingRetention } from './retention.ts'

let server: TestDatabase
let database: Database
beforeAll(async () => {
  server = await testDatabase('payment')
  database = new Database(server.url)
})
afterAll(async () => {
  await database?.close()
  await server?.drop()
})

test('what was settled is forgotten after its time; what waits for a person never', async () => {
  const now = new Date('2026-06-01')
  const [old, recent] = [new Date('2026-01-01'), new Date('2026-05-31')]
  const park = (offset: number, status: string, settledAt: Date | null) =>
    database.execute(
      `INSERT INTO parked_messages (consumer, topic, partition, "offset", headers, reason, status, blocks_key, parked_at, settled_at)
       VALUES ('payment', 'payment-commands', 0, $1::bigint, '{}', 'handler_failed', $2, false, $3::timestamptz, $4::timestamptz)`,
      offset,
      status,
      old,
      settledAt,
    )
  await park(1, 'settled', old)
  await park(2, 'settled', recent)
  await park(3, 'dead', null)
  await database.execute(
    `INSERT INTO redrives (id, consumer, actor, reason, filter, created_at, ended_at)
     VALUES ('over', 'payment', 'a', 'r', '{}', $1::timestamptz, $1::timestamptz),
            ('under way', 'payment', 'a', 'r', '{}', $1::timestamptz, NULL)`,
    old,
  )
  expect(await new Housekeeping({ database, retention: parkingRetention, clock: () => now }).prune()).toBe(2)
  expect(await database.query('SELECT "offset" FROM parked_messages ORDER BY 1')).toEqual([
    { offset: 2n },
    { offset: 3n },
  ])
  expect(await database.query('SELECT id FROM redrives')).toEqual([{ id: 'under way' }])
})
