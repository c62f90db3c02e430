import type { Sql } from '#libs/database'
import type { Frequent } from '#libs/streams'

export interface WindowKey {
  readonly step: number
  /** Milliseconds since 1970. */
  readonly start: number
}

export interface SketchRow extends WindowKey {
  readonly visitors: readonly number[]
  readonly baskets: readonly (readonly [bin: number, times: number])[]
  readonly top: readonly Frequent[]
}

/** Creates those that are missing in a generation, and locks all until the commit. */
export const lockSketches = async (
  sql: Sql,
  generation: number,
  windows: readonly (WindowKey & { readonly keptMs: number })[],
): Promise<SketchRow[]> => {
  const given = JSON.stringify(windows)
  await sql.execute(
    `INSERT INTO window_sketches (generation, step, start, visitors, baskets, top, expires_at)
     SELECT $2::int, step, to_timestamp(start / 1000.0), '[]', '[]', '[]', now() + "keptMs" * interval '1 millisecond'
       FROM json_to_recordset($1::json) AS given (step int, start bigint, "keptMs" bigint) ORDER BY step, start
     ON CONFLICT (generation, step, start) DO UPDATE SET expires_at = EXCLUDED.expires_at`,
    given,
    generation,
  )
  const rows = await sql.query<Omit<SketchRow, 'start'> & { start: string }>(
    `SELECT sketches.step, (extract(epoch FROM sketches.start) * 1000)::bigint::text AS start, visitors, baskets, top
       FROM window_sketches AS sketches
       JOIN json_to_recordset($1::json) AS given (step int, start bigint)
         ON sketches.step = given.step AND sketches.start = to_timestamp(given.start / 1000.0)
      WHERE generation = $2::int`,
    given,
    generation,
  )
  return rows.map((row) => ({ ...row, start: Number(row.start) }))
}

export const saveSketches = async (sql: Sql, generation: number, rows: readonly SketchRow[]): Promise<void> => {
  await sql.execute(
    `UPDATE window_sketches AS sketches SET visitors = given.visitors, baskets = given.baskets, top = given.top
       FROM json_to_recordset($1::json) AS given (step int, start bigint, visitors json, baskets json, top json)
      WHERE generation = $2::int
        AND sketches.step = given.step AND sketches.start = to_timestamp(given.start / 1000.0)`,
    JSON.stringify(rows),
    generation,
  )
}
