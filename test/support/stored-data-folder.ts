import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { brotliDecompressSync } from 'node:zlib'
import pg from 'pg'
import { applyMigrations } from '../../scripts/migrations/apply.ts'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { createDatabases, startPostgres } from '../../scripts/postgres/server.ts'

/**
 * What a Waybill has written, independent of the machine and of PostgreSQL's own format: of each database the migrations
 * that made it and its rows, and the other files as they are. Stored as JSON, compressed with Brotli.
 */
export interface StoredDataFolder {
  /** ISO 8601. */
  readonly storedAt: string
  /** By service. */
  readonly databases: Readonly<Record<string, StoredDatabase>>
  /** Path in the folder → content in base64. */
  readonly files: Readonly<Record<string, string>>
}

export interface StoredDatabase {
  readonly migrations: readonly { readonly name: string; readonly sql: string }[]
  /** Table → JSON array of its rows, as PostgreSQL's `json_agg` writes it. */
  readonly tables: Readonly<Record<string, string>>
}

const DAY_MS = 86_400_000

/**
 * Makes a data folder of what was stored, as if it had been stored less than a day ago: nothing in it is older than what
 * is forgotten or given up after days. The broker's records keep their times.
 */
export const restoreDataFolder = async (file: string, folder: string): Promise<void> => {
  const stored = JSON.parse(brotliDecompressSync(readFileSync(file)).toString('utf8')) as StoredDataFolder
  const days = Math.floor((Date.now() - Date.parse(stored.storedAt)) / DAY_MS)
  for (const [path, content] of Object.entries(stored.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), Buffer.from(content, 'base64'))
  }
  makeYounger(join(folder, 'simulators/simulators.db'), days)
  const [port] = (await freePorts(1)) as [number]
  const server = await startPostgres({ folder: join(folder, 'postgres'), port })
  try {
    const nameOf = (service: string): string => `waybill_${service}`
    await createDatabases(server.url, Object.keys(stored.databases).map(nameOf))
    for (const [service, database] of Object.entries(stored.databases))
      await restoreDatabase(databaseUrl(port, nameOf(service)), service, database, days)
  } finally {
    await server.stop()
  }
}

/** The partners' books: instants in milliseconds. How slow or faulty they were meant to be is forgotten. */
const makeYounger = (file: string, days: number): void => {
  const books = new DatabaseSync(file)
  for (const table of ['answers', 'operations', 'shipments', 'mails', 'texts'])
    books.exec(`UPDATE ${table} SET at = at + ${days * DAY_MS}`)
  const moved = ['dispatch_at', 'deliver_at'].map((column) => `${column} = ${column} + ${days * DAY_MS}`)
  books.exec(`UPDATE shipments SET ${moved.join(', ')}; DELETE FROM settings`)
  books.close()
}

const restoreDatabase = async (
  url: string,
  service: string,
  { migrations, tables }: StoredDatabase,
  days: number,
): Promise<void> => {
  const checksum = (sql: string): string => createHash('sha256').update(sql).digest('hex')
  await applyMigrations(
    url,
    service,
    migrations.map((migration) => ({ ...migration, checksum: checksum(migration.sql) })),
  )
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // The rows are as they were: no trigger has anything to say about them.
    await client.query(`SET session_replication_role = replica; SET timezone = 'UTC'`)
    for (const [table, rows] of Object.entries(tables)) {
      // The audit trail is sealed by its times.
      const asOfToday = table === 'audit_entries' ? rows : moved(rows, days)
      await client.query(`DELETE FROM ${table}`)
      await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [asOfToday])
    }
    await client.query(CONTINUE_SEQUENCES)
    // A new server counts its transactions from the beginning (libs/event-store/README.md).
    if (tables.events !== undefined) await client.query('UPDATE events SET transaction_id = 0')
  } finally {
    await client.end()
  }
}

/** Every instant in a text by whole days later. */
const moved = (text: string, days: number): string =>
  text.replace(/\d{4}-\d\d-\d\d(?=T\d\d:\d\d)/g, (date) =>
    new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10),
  )

const CONTINUE_SEQUENCES = `
  DO $$ DECLARE owned record; BEGIN
    FOR owned IN
      SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name) AS sequence
        FROM information_schema.columns WHERE table_schema = 'public'
    LOOP
      IF owned.sequence IS NOT NULL THEN
        EXECUTE format('SELECT setval(%L, coalesce((SELECT max(%I) FROM %I), 0) + 1, false)',
                       owned.sequence, owned.column_name, owned.table_name);
      END IF;
    END LOOP;
  END $$`
