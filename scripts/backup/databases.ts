import { existsSync, readFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { databaseUrl } from '../postgres/cluster.ts'
import type { Original } from './copy-files.ts'
import { BackupError } from './manifest.ts'

/**
 * What a running server keeps of itself only, or makes anew; its log is taken by name, see below. Folders stay, empty.
 * https://www.postgresql.org/docs/17/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA
 */
const CONTENT_LEFT_OUT = new Set([
  ...['pg_wal', 'pg_dynshmem', 'pg_notify', 'pg_replslot', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans'],
])
const LEFT_OUT = /^(postmaster\.(pid|opts)|pg_internal\.init|pgsql_tmp.*|backup_label|tablespace_map)$/
/** Says how far recovery may assume the rest to be, so it is taken last. */
const CONTROL = 'global/pg_control'

/** Whoever wants to say something waits behind us, so we do not wait for long. */
const LONGEST_WAIT_MS = 10_000

export interface BaseBackup {
  /** Everything that was to be copied while the server was told, then its log from the beginning to the end of that. */
  readonly version: number
  readonly label: string
  /** The copy is restored to this moment, or to any later one that its log reaches. */
  readonly at: Date
}

/** Where the server that works in this folder listens. @throws BackupError when none does. */
export const portOfServerIn = (folder: string): number => {
  const file = join(folder, 'postmaster.pid')
  if (!existsSync(file)) throw new BackupError(`no PostgreSQL runs in ${folder}: a backup is made of a running system`)
  return Number(readFileSync(file, 'utf8').split('\n')[3])
}

/**
 * Has `copy` copy a running server, and calls `cut` while nothing can be put into any outbox, at the very moment whose state
 * the copy is restored to. The way that needs none of PostgreSQL's own tools: told of the beginning and the end,
 * the server says what has to be replayed over the copy, which alone makes it whole. That log is held by a
 * temporary replication slot until it is copied as well.
 */
export const baseBackup = async (
  folder: string,
  copy: (files: AsyncIterable<Original>) => Promise<void>,
  cut: () => Promise<void>,
): Promise<BaseBackup> => {
  const client = new pg.Client({ connectionString: databaseUrl(portOfServerIn(folder), 'postgres') })
  client.on('error', () => undefined)
  await client.connect()
  const one = async <T extends object>(sql: string): Promise<T> => (await client.query<T>(sql)).rows[0]!
  try {
    // A statement here waits for checkpoints; the session's own limits are for services.
    await client.query('SET statement_timeout = 0; SET idle_session_timeout = 0')
    await client.query(`SELECT pg_create_physical_replication_slot('waybill_backup_${process.pid}', true, true)`)
    const { first } = await one<{ first: string }>(
      `SELECT pg_walfile_name(pg_backup_start('waybill', fast => true)) AS first`,
    )
    await copy(filesIn(folder, ''))
    await copy(original(folder, CONTROL))
    const stillness = await stillOutboxes(client, portOfServerIn(folder))
    const { label, map } = await one<{ label: string; map: string }>(
      'SELECT labelfile AS label, spcmapfile AS map FROM pg_backup_stop(wait_for_archive => false)',
    )
      .then(async (stopped) => {
        await cut()
        return stopped
      })
      .finally(stillness.end)
    if (map.trim() !== '') throw new BackupError('tablespaces outside of the data folder are not backed up')
    const { at, last, version } = await one<{ at: Date; last: string; version: number }>(
      `SELECT clock_timestamp() AS at, pg_walfile_name(pg_current_wal_flush_lsn()) AS last,
              current_setting('server_version_num')::int AS version`,
    )
    await copy(walFiles(folder, first, last))
    return { version, label, at }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * Waits until no transaction is about to say something, and lets none begin: then what lies in the topics is said by
 * transactions that the copy has, and what they have taken for said lies in the topics. Everybody else waits meanwhile.
 */
const stillOutboxes = async (client: pg.Client, port: number): Promise<{ end(): Promise<void> }> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname LIKE 'waybill%'`,
  )
  const clients: pg.Client[] = []
  const end = async () => void (await Promise.all(clients.map((each) => each.end().catch(() => undefined))))
  try {
    for (const { name } of rows) {
      const each = new pg.Client({ connectionString: databaseUrl(port, name) })
      each.on('error', () => undefined)
      clients.push(each)
      await each.connect()
    }
    const lock = async (each: pg.Client): Promise<void> => {
      const { rows: found } = await each.query<{ there: string | null }>(`SELECT to_regclass('public.outbox') AS there`)
      if (found[0]!.there === null) return
      await each.query(`BEGIN; SET LOCAL lock_timeout = '${LONGEST_WAIT_MS}ms'; LOCK TABLE outbox IN SHARE MODE`)
    }
    await Promise.all(clients.map(lock))
    return { end }
  } catch (error) {
    await end()
    throw new BackupError(`the outboxes do not come to rest: ${(error as Error).message}`)
  }
}

async function* filesIn(folder: string, below: string): AsyncGenerator<Original> {
  for (const entry of await readdir(join(folder, below), { withFileTypes: true }).catch(() => [])) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (LEFT_OUT.test(entry.name) || path === CONTROL) continue
    if (entry.isDirectory() && !CONTENT_LEFT_OUT.has(path)) yield* filesIn(folder, path)
    else if (entry.isFile()) yield* original(folder, path)
  }
}

/** The names of segments are in the order of the log; those behind its end are kept for later use and empty. */
async function* walFiles(folder: string, first: string, last: string): AsyncGenerator<Original> {
  const names = await readdir(join(folder, 'pg_wal'))
  for (const name of names.toSorted())
    if ((/^[0-9A-F]{24}$/.test(name) && name >= first && name <= last) || name.endsWith('.history'))
      yield* original(folder, `pg_wal/${name}`)
}

async function* original(folder: string, path: string): AsyncGenerator<Original> {
  const from = join(folder, path)
  const found = await lstat(from).catch(() => undefined)
  if (found === undefined) return
  const { mtimeMs, ino: inode } = found
  // As long as it is when it is read: recovery mends what changed meanwhile.
  yield { from, path: `postgres/${path}`, bytes: Number.POSITIVE_INFINITY, mtimeMs, inode, isAppendOnly: false }
}

/** The folders that a server wants to find in its own, also when nothing is in them. */
export const CLUSTER_FOLDERS = [
  ...CONTENT_LEFT_OUT,
  ...['pg_wal/archive_status', 'pg_wal/summaries', 'pg_commit_ts', 'pg_logical', 'pg_logical/mappings'],
  ...['pg_logical/snapshots', 'pg_multixact', 'pg_stat', 'pg_tblspc', 'pg_twophase', 'pg_xact'],
]
