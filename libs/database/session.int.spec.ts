import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database, GroupCommit, sessionConfig } from '#libs/database'
import { PrismaClient } from '#prisma/notification'
import { applyMigrations } from '../../scripts/migrations/apply.ts'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { createDatabases, type PostgresServer, startPostgres } from '../../scripts/postgres/server.ts'

/** Everything that a statement of ours or its answer could depend on, other than one would expect. */
const ODD = {
  timezone: 'Asia/Kathmandu',
  datestyle: 'German, DMY',
  intervalstyle: 'iso_8601',
  search_path: 'nowhere',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  backslash_quote: 'on',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  array_nulls: 'off',
  transform_null_equals: 'on',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  default_transaction_deferrable: 'on',
  synchronous_commit: 'off',
  idle_session_timeout: '5000',
  statement_timeout: '5000',
  fsync: 'off',
}

let folder: string
let server: PostgresServer
let database: Database
let prisma: PrismaClient
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-odd-'))
  const [port] = (await freePorts(1)) as [number]
  server = await startPostgres({ folder: join(folder, 'postgres'), port, settings: ODD })
  await createDatabases(server.url, ['odd'])
  const url = databaseUrl(port, 'odd')
  await applyMigrations(url, 'notification')
  database = new Database(url)
  prisma = new PrismaClient({ adapter: new PrismaPg(sessionConfig(url)) })
})
afterAll(async () => {
  await prisma?.$disconnect()
  await database?.close()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const AT = new Date('2026-03-04T05:06:07.089Z')
const notification = {
  notificationId: '6f1d2c1e-8b0a-5f0e-9b7a-3c4d5e6f7081',
  orderId: '6f1d2c1e-8b0a-5f0e-9b7a-3c4d5e6f7082',
  customerId: 'Zoë 🐘',
  kind: 'order_placed',
  channel: 'email',
  to: 'a\\b@example.com',
  status: 'sent',
  error: null,
}

test('on a server where every default is another one, values are written and read as they are', async () => {
  const [row] = await database.query<Record<string, unknown>>(
    `SELECT $1::timestamptz AS at, ($1::timestamptz)::text AS text, to_json($1::timestamptz) AS json, '\\'::text AS backslash,
            '\\x00ff'::bytea AS bytes, 0.1::float8 + 0.2::float8 AS float, interval '1 day 2 hours' AS span,
            (ARRAY[NULL]::text[])[1] = NULL AS null, $2::text[] AS texts, timestamptz '2026-03-04 05:06:07.089' AS literal`,
    AT,
    ['ü', null, '🐘'],
  )
  expect(row).toEqual({
    at: AT,
    text: '2026-03-04 05:06:07.089+00',
    json: '2026-03-04T05:06:07.089+00:00',
    backslash: '\\',
    bytes: Buffer.from([0, 255]),
    float: 0.1 + 0.2,
    span: { days: 1, hours: 2 },
    null: null,
    texts: ['ü', null, '🐘'],
    literal: AT,
  })
})

test('the adapter of Prisma and the transactions of a service see the same', async () => {
  await prisma.notification.create({ data: { ...notification, at: AT } })
  const stored = await prisma.notification.findMany({ where: { at: AT } })
  expect(stored).toMatchObject([{ ...notification, returnId: '', at: AT }])
  const settings = ['transaction_isolation', 'transaction_read_only', 'transaction_deferrable', 'synchronous_commit']
  const work = {
    run: (uow: { query: Database['query'] }) =>
      Promise.all([
        uow.query<{ at: Date; recipient: string }>('SELECT at, recipient FROM notifications'),
        uow.query<{ setting: string }>('SELECT current_setting(unnest($1::text[])) AS setting', settings),
      ]),
  }
  const [rows, now] = await new GroupCommit(database).submit(work)
  expect(rows).toEqual([{ at: AT, recipient: notification.to }])
  expect(now.map(({ setting }) => setting)).toEqual(['read committed', 'off', 'off', 'on'])
})
