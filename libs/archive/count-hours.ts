import { tmpdir } from 'node:os'
import type { ArchiveStore } from './archive-store.ts'
import { readName } from './event-file.ts'
import {
  type BatchMeasure,
  batchMeasures,
  hourlySums,
  hourlyTruths,
  hoursOfOpenVisits,
  judgedEvents,
  type StreamRules,
} from './hour-counts.sql.ts'
import { withLocalFiles } from './local-files.ts'

const DAY_MS = 24 * 3_600_000
/**
 * How far before the first hour files are read: whether an event is late depends on what came before it in its partition.
 * Only after a silence of so long could that be unknown.
 */
const LOOKBACK_MS = 2 * DAY_MS

/** One row of sums, for a key of a dimension (`all`, `country`, `device`, `product`) in an hour. */
export interface HourSums {
  /** Of the hour. Milliseconds since 1970. */
  readonly start: number
  readonly dimension: string
  readonly key: string
  readonly sums: Readonly<Record<BatchMeasure, number>>
}

/** What a stream can only estimate, exactly. Amounts in minor units; null without a basket. */
export interface HourTruth {
  readonly start: number
  readonly visitors: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  /** The median of how long visits were that ended in it, milliseconds; null without any. */
  readonly visit: number | null
}

export interface HourCounts {
  /** How many files were read. */
  readonly files: number
  readonly sums: readonly HourSums[]
  readonly truths: readonly HourTruth[]
  /** The starts of hours in which visits ended that are not known to be over: there may be more of them later. */
  readonly open: readonly number[]
}

/** No table of DuckDB grows beyond this in memory: it goes on in files. */
const MEMORY = '512MB'

/**
 * Counts the hours of event time from `from` to before `to` (milliseconds since 1970) anew, from all archived events. Rejects
 * when DuckDB, which is an optional dependency, is not installed.
 */
export const countHours = async (
  store: ArchiveStore,
  rules: StreamRules,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<HourCounts> => {
  const since = new Date(from - LOOKBACK_MS).toISOString().slice(0, 10)
  const names = (await store.list('shop-events/')).filter((name) => (readName(name)?.day ?? '') >= since)
  if (names.length === 0) return { files: 0, sums: [], truths: [], open: [] }
  return withLocalFiles(store, names, async (paths) => {
    const { DuckDBInstance } = await import('@duckdb/node-api').catch(() => {
      throw new Error('batch jobs need the optional package @duckdb/node-api, which is not installed')
    })
    const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY, temp_directory: tmpdir() })
    const connection = await instance.connect()
    const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS() as unknown[]
    try {
      for (const statement of judgedEvents(paths, rules)) await connection.run(statement)
      const sums = (await rows(hourlySums(from, to))) as (Omit<HourSums, 'sums'> & Record<BatchMeasure, number>)[]
      const truths = (await rows(hourlyTruths(from, to, rules.currency))) as HourTruth[]
      const open = (await rows(hoursOfOpenVisits(from, to))) as { readonly start: number }[]
      return { files: names.length, sums: sums.map(sumsOf), truths, open: open.map(({ start }) => start) }
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })
}

const sumsOf = (row: Omit<HourSums, 'sums'> & Record<BatchMeasure, number>): HourSums => ({
  ...{ start: row.start, dimension: row.dimension, key: row.key },
  sums: Object.fromEntries(batchMeasures.map((measure) => [measure, row[measure]])) as Record<BatchMeasure, number>,
})
