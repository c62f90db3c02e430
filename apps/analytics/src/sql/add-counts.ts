import type { Sql } from '#libs/database'
import { measures } from '../domain/measures.ts'

export interface CountRow {
  /** Milliseconds, as `start` since 1970. */
  readonly step: number
  readonly start: number
  readonly dimension: string
  readonly key: string
  /** In the order of `measures`. */
  readonly sums: readonly number[]
  /** For how long the row is kept from now on, in milliseconds. */
  readonly keptMs: number
}

const columns = measures.join(', ')
const declared = measures.map((measure) => `${measure} bigint`).join(', ')
const added = measures.map((measure) => `${measure} = counts.${measure} + EXCLUDED.${measure}`).join(', ')

/** Adds to the sums of windows of a generation. In the order of their keys, so that two who add never wait for each other in a circle. */
export const addCountRows = async (sql: Sql, generation: number, rows: readonly CountRow[]): Promise<void> => {
  if (rows.length === 0) return
  const given = rows.map(({ sums, ...row }) => ({
    ...row,
    ...Object.fromEntries(measures.map((measure, i) => [measure, sums[i] ?? 0])),
  }))
  await sql.execute(
    `INSERT INTO window_counts AS counts (generation, step, start, dimension, key, ${columns}, expires_at)
     SELECT $2::int, step, to_timestamp(start / 1000.0), dimension, key, ${columns}, now() + "keptMs" * interval '1 millisecond'
       FROM json_to_recordset($1::json)
         AS given (step int, start bigint, dimension text, key text, ${declared}, "keptMs" bigint)
      ORDER BY step, start, dimension, key
     ON CONFLICT (generation, step, start, dimension, key) DO UPDATE SET ${added}, expires_at = EXCLUDED.expires_at`,
    JSON.stringify(given),
    generation,
  )
}
