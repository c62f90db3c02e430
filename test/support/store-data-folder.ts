import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import pg from 'pg'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { startPostgres } from '../../scripts/postgres/server.ts'
import { SERVICES } from '../../scripts/processes.ts'
import type { StoredDatabase, StoredDataFolder } from './stored-data-folder.ts'

/**
 * node dist/test/support/store-data-folder.js DATA CHECKOUT FILE: stores the data folder of a system that was stopped;
 * CHECKOUT is the version that wrote it, which has the migrations. See test/fixtures/README.md.
 */
const [data, checkout, file] = process.argv.slice(2) as [string, string, string]

/** Logs, spans and pids say nothing of what is kept, and the server's own files are not for other machines. */
const LEFT_OUT = /^(logs|run|traces|postgres)\/|\/lock$/

const files = (): StoredDataFolder['files'] =>
  Object.fromEntries(
    readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(data.length + 1))
      .filter((path) => !LEFT_OUT.test(path))
      .sort()
      .map((path) => [path, readFileSync(join(data, path)).toString('base64')]),
  )

const database = async (url: string, service: string): Promise<StoredDatabase> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`SET timezone = 'UTC'`)
    const named = async (sql: string) => (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name)
    const migrations = await named('SELECT migration_name AS name FROM _prisma_migrations ORDER BY migration_name')
    const tables = await named(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> '_prisma_migrations' ORDER BY 1`,
    )
    const rows: [string, string][] = []
    for (const table of tables) {
      const { rows: found } = await client.query<{ all: string }>(
        `SELECT coalesce(json_agg(t), '[]')::text AS "all" FROM ${table} t`,
      )
      rows.push([table, found[0]!.all])
    }
    const scripts = join(checkout, 'prisma', service, 'migrations')
    return {
      migrations: migrations.map((name) => ({ name, sql: readFileSync(join(scripts, name, 'migration.sql'), 'utf8') })),
      tables: Object.fromEntries(rows),
    }
  } finally {
    await client.end()
  }
}

const [port] = (await freePorts(1)) as [number]
const server = await startPostgres({ folder: join(data, 'postgres'), port })
try {
  const databases: [string, StoredDatabase][] = []
  for (const service of SERVICES)
    databases.push([service, await database(databaseUrl(port, `waybill_${service}`), service)])
  const stored: StoredDataFolder = {
    storedAt: new Date().toISOString(),
    databases: Object.fromEntries(databases),
    files: files(),
  }
  const text = JSON.stringify(stored)
  const parameters = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 }
  const compressed = brotliCompressSync(text, { params: parameters })
  writeFileSync(file, compressed)
} finally {
  await server.stop()
}
