import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamTopics, topicNames } from '#libs/contracts'
import { Database, type Retention } from '#libs/database'
import { parkedEffectsRetention } from '#libs/effects'
import { idempotencyRetention } from '#libs/idempotency'
import { inboxRetention } from '#libs/inbox'
import { parkingRetention } from '#libs/messaging'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { projections } from '../apps/query/src/projections.ts'
import { SERVICES } from '../scripts/processes.ts'

/** What docs/retention.md says is kept for how long: that it speaks of everything, and that what it says can be done. */
const document = readFileSync(join(import.meta.dirname, '../docs/retention.md'), 'utf8')
/** Of its tables, what is between backticks. */
const named = new Set(
  document
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)),
)

const declared: readonly Retention[] = [
  ...[inboxRetention, idempotencyRetention, parkedEffectsRetention, ...parkingRetention],
  ...['subscription_deliveries', 'subscribed_events'].map((table) => ({ table, column: 'created_at', keptMs: 0 })),
  { table: 'quotes', column: 'valid_until', keptMs: 0 },
  ...['window_counts', 'window_sketches', 'window_visits'].map((table) => ({ table, column: 'expires_at', keptMs: 0 })),
  { table: 'alerts', column: 'at', keptMs: 0 },
]

const databases = new Map<string, { readonly server: TestDatabase; readonly database: Database }>()
beforeAll(async () => {
  for (const service of SERVICES) {
    const server = await testDatabase(service)
    databases.set(service, { server, database: new Database(server.url) })
  }
})
afterAll(async () => {
  for (const { server, database } of databases.values()) {
    await database.close()
    await server.drop()
  }
})

/** Tables of a projection's version, `sales_orders_2`, go by the name that readers use. */
const tablesOf = async (database: Database): Promise<string[]> => {
  const rows = await database.query<{ name: string }>(
    `SELECT DISTINCT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind IN ('r', 'v', 'p') AND nspname IN ('public', 'projections')`,
  )
  return rows.map(({ name }) => name.replace(/_\d+$/, ''))
}

test('every table of every service is there, with what removes its rows or why nothing does', async () => {
  for (const [service, { database }] of databases) {
    const tables = await tablesOf(database)
    expect(tables.length).toBeGreaterThan(5)
    expect({ service, unnamed: tables.filter((table) => !named.has(table)) }).toEqual({ service, unnamed: [] })
  }
})

test('so is every table of every projection', () => {
  const tables = projections.flatMap((projection) => projection.tables.map(({ name }) => name))
  expect(tables.filter((table) => !named.has(table))).toEqual([])
})

test('every topic is there', () => {
  const all = [...topicNames, ...Object.keys(streamTopics)]
  expect(all.filter((topic) => !named.has(topic) && !topic.endsWith('-commands'))).toEqual([])
})

test('rows that are removed by their age are found by an index that begins with it', async () => {
  let found = 0
  for (const { database } of databases.values())
    for (const { table, column } of declared) {
      const rows = await database.query<{ indexed: boolean }>(
        `SELECT bool_or(i.indkey[0] = a.attnum AND am.amname = 'btree') AS indexed
           FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = $2
           LEFT JOIN pg_index i ON i.indrelid = t.oid
           LEFT JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_am am ON am.oid = c.relam
          WHERE t.relname = $1 AND t.relkind = 'r' GROUP BY t.oid`,
        table,
        column,
      )
      for (const { indexed } of rows) expect({ table, column, indexed }).toEqual({ table, column, indexed: true })
      found += rows.length
    }
  expect(found).toBeGreaterThan(SERVICES.length)
})

test('each setting is named with the table that it is about, and no other is', () => {
  const settings = [...named].filter((name) => /^[A-Z_]+_(HOURS|DAYS|ROWS)$/.test(name))
  const configs = ['libs/http', 'apps/order/src', 'apps/query/src', 'apps/simulators/src'].map(
    (at) => `${at}/config.ts`,
  )
  const sources = [...configs, 'apps/notification/src/subscriptions/settings.ts'].map((file) =>
    readFileSync(join(import.meta.dirname, '..', file), 'utf8'),
  )
  const known = [...sources.join('\n').matchAll(/^ +([A-Z_]+_(?:HOURS|ROWS|RETENTION_DAYS)|RETENTION_DAYS):/gm)]
  expect(settings.toSorted()).toEqual([...new Set(known.map(([, name]) => name!))].toSorted())
})
