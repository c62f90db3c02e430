import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { sessionSetup } from '../../libs/database/session.ts'
import { type Migration, readMigrations } from './migration-files.ts'

/** Any fixed number would do: it makes processes that migrate one database at the same time take turns. */
const LOCK = 7_292_455

/** Prisma's own table, so that its tools understand what was applied here. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36) PRIMARY KEY,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`

/**
 * Brings a service's database up to date and answers the names of the migrations that were missing.
 *
 * Each migration and its entry in the table commit together, so a crash leaves no half of one. Prisma's engine, given a
 * driver adapter, cuts scripts at every semicolon, inside of functions too; hence plain SQL here.
 */
export const applyMigrations = async (
  databaseUrl: string,
  service: string,
  migrations: readonly Migration[] = readMigrations(service),
): Promise<string[]> => {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // An index of a table that has grown takes its time, and so may another process that migrates.
    await client.query(sessionSetup({ statement_timeout: 0, lock_timeout: 0, transaction_timeout: 0 }))
    if ((await missing(client, service, migrations)).length === 0) return []
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    await client.query(TABLE)
    const todo = await missing(client, service, migrations)
    for (const migration of todo) await applyOne(client, service, migration)
    return todo.map(({ name }) => name)
  } finally {
    await client.end() // Which also gives the lock back.
  }
}

const missing = async (
  client: pg.Client,
  service: string,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> => {
  const { rows: tables } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  )
  if (!tables[0]?.exists) return migrations
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  )
  const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]))
  return migrations.filter(({ name, checksum }) => {
    const before = applied.get(name)
    if (before !== undefined && before !== checksum)
      throw new Error(`migration ${service}/${name} was edited after this database applied it: add a new one instead`)
    return before === undefined
  })
}

const applyOne = async (client: pg.Client, service: string, { name, sql, checksum }: Migration): Promise<void> => {
  try {
    await client.query('BEGIN')
    await client.query(sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw new Error(`migration ${service}/${name} failed: ${(error as Error).message}`, { cause: error })
  }
}
