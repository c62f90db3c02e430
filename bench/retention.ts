import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { databaseUrl } from '../scripts/postgres/cluster.ts'
import { SERVICES } from '../scripts/processes.ts'
import type { Client } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { report } from './figures.ts'
import { completed, throughput } from './throughput.ts'

/** Rows are kept for a minute in place of days, so that a run of ten minutes shows what goes on for weeks. */
export const SHORT_RETENTION = { INBOX_RETENTION_HOURS: String(1 / 60), IDEMPOTENCY_KEY_HOURS: String(1 / 60) }

const PRUNED = ['inbox', 'idempotency_keys']
/** As large as the longest queue was that stood in them. */
const QUEUES = ['outbox', 'effects']
const SAMPLE_MS = 30_000
/** A table is flat when it ends no larger than this times what it was after the first third. */
const FLAT = 1.25

/** Bytes by `service.table`, with indexes and TOAST; files by `files.FOLDER`. */
export type Sizes = ReadonlyMap<string, number>

/**
 * Loads the system as `throughput` does, and measures what the disk holds meanwhile: what housekeeping prunes must be
 * flat; of the rest, the bytes per order are printed.
 */
export const retention = async (system: RunningSystem, client: Client, seconds: number): Promise<void> => {
  const samples: Sample[] = []
  let running = true
  const sampling = (async () => {
    while (running) {
      samples.push({ orders: await completed(client), sizes: await sizes(system) })
      for (let waited = 0; running && waited < SAMPLE_MS; waited += 500) await pause(500)
    }
    samples.push({ orders: await completed(client), sizes: await sizes(system) })
  })()
  try {
    await throughput(system, client, seconds)
  } finally {
    // What was measured is worth knowing whatever became of the orders.
    running = false
    await sampling
    print(samples)
  }
}

interface Sample {
  readonly orders: number
  readonly sizes: Sizes
}

const print = (samples: readonly Sample[]): void => {
  const settled = samples[Math.floor(samples.length / 3)]!
  const last = samples.at(-1)!
  for (const [name, bytes] of last.sizes) {
    const table = name.split('.')[1]!
    const before = settled.sizes.get(name) ?? 0
    if (QUEUES.includes(table)) console.log(`${name}, the same: ${mb(before)} → ${mb(bytes)} MB`)
    if (!PRUNED.includes(table)) continue
    const flat = bytes <= Math.max(before * FLAT, 2 ** 20)
    report(`${name}, after a third and at the end`, `${mb(before)} → ${mb(bytes)} MB`, `≤ ${FLAT} ×`, flat)
  }
  const orders = last.orders - settled.orders
  const grown = [...last.sizes].map(
    ([name, bytes]) => [name, (bytes - (settled.sizes.get(name) ?? 0)) / orders] as const,
  )
  console.log(`Bytes per order, of the last ${orders}:`)
  for (const [name, bytes] of grown.toSorted(([, a], [, b]) => b - a))
    if (bytes >= 1) console.log(`  ${name.padEnd(34)} ${bytes.toFixed(0).padStart(7)}`)
}

const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

export const sizes = async (system: RunningSystem): Promise<Sizes> => {
  const all = new Map<string, number>()
  let folder = ''
  for (const service of SERVICES) {
    const db = new pg.Client({ connectionString: databaseUrl(system.postgresPort, `waybill_${service}`) })
    await db.connect()
    const { rows } = await db.query<{ name: string; bytes: string; folder: string }>(
      `SELECT relname AS name, pg_total_relation_size(oid) AS bytes, current_setting('data_directory') AS folder
         FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    )
    await db.end()
    for (const { name, bytes } of rows) all.set(`${service}.${name}`, Number(bytes))
    folder = dirname(rows[0]!.folder)
  }
  for (const name of ['broker', join('broker', 'logs'), 'simulators', 'logs', join('postgres', 'pg_wal')])
    all.set(`files.${name}`, await bytesIn(join(folder, name)))
  return all
}

/** As allocated on the disk; 0 for a folder that is not there. */
const bytesIn = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)))
  return stats.reduce((sum, found) => sum + (found?.blocks ?? 0) * 512, 0)
}
