import type { Sql } from '#libs/database'
import { type VisitDimension, type VisitMeasure, visitMeasures } from '../domain/visit-sums.ts'
import type { WindowsAsked } from './read-windows.ts'
import { isServed } from './served-generation.ts'

export interface VisitKey {
  /** Milliseconds, as `start` since 1970. */
  readonly step: number
  readonly start: number
  readonly dimension: VisitDimension
  readonly key: string
}

type Durations = readonly (readonly [bin: number, times: number])[]
/** The visits that ended in a window. */
export type VisitRow = VisitKey & Readonly<Record<VisitMeasure, number>> & { readonly durations: Durations }

const KEY = 'step, start, dimension, key'
const sums = visitMeasures.map((measure) => `visits.${measure}::float8`).join(', ')
const start = '(extract(epoch FROM visits.start) * 1000)::float8 AS start'

/**
 * Creates those that are missing in a generation, and locks all until the commit. In the order of their keys, so that two who add never
 * wait for each other in a circle.
 */
export const lockVisits = async (
  sql: Sql,
  generation: number,
  windows: readonly (VisitKey & { readonly keptMs: number })[],
): Promise<VisitRow[]> => {
  const given = JSON.stringify(
    windows.map(({ step, start, dimension, key, keptMs }) => ({ step, start, dimension, key, keptMs })),
  )
  await sql.execute(
    `INSERT INTO window_visits (generation, ${KEY}, visits, pages, duration, durations, expires_at)
     SELECT $2::int, step, to_timestamp(start / 1000.0), dimension, key, 0, 0, 0, '[]', now() + "keptMs" * interval '1 millisecond'
       FROM json_to_recordset($1::json) AS given (step int, start bigint, dimension text, key text, "keptMs" bigint)
      ORDER BY ${KEY}
     ON CONFLICT (generation, ${KEY}) DO UPDATE SET expires_at = EXCLUDED.expires_at`,
    given,
    generation,
  )
  return sql.query<VisitRow>(
    `SELECT visits.step, ${start}, visits.dimension, visits.key, ${sums}, visits.durations
       FROM window_visits AS visits
       JOIN json_to_recordset($1::json) AS given (step int, start bigint, dimension text, key text)
         ON visits.step = given.step AND visits.start = to_timestamp(given.start / 1000.0)
        AND visits.dimension = given.dimension AND visits.key = given.key
      WHERE generation = $2::int`,
    given,
    generation,
  )
}

export const saveVisits = async (sql: Sql, generation: number, rows: readonly VisitRow[]): Promise<void> => {
  await sql.execute(
    `UPDATE window_visits AS stored
        SET visits = given.visits, pages = given.pages, duration = given.duration, durations = given.durations
       FROM json_to_recordset($1::json) AS given (
              step int, start bigint, dimension text, key text, visits bigint, pages bigint, duration bigint, durations json)
      WHERE generation = $2::int AND stored.step = given.step AND stored.start = to_timestamp(given.start / 1000.0)
        AND stored.dimension = given.dimension AND stored.key = given.key`,
    JSON.stringify(rows),
    generation,
  )
}

/** In order of their start and key. */
export const readVisits = (
  sql: Sql,
  { step, from, to }: WindowsAsked,
  dimension: string,
  limit: number,
): Promise<VisitRow[]> =>
  sql.query(
    `SELECT visits.step, ${start}, visits.dimension, visits.key, ${sums}, visits.durations FROM window_visits AS visits
      WHERE ${isServed} AND visits.step = $1::int AND visits.visits > 0
        AND visits.start >= to_timestamp($2::float8 / 1000) AND visits.start < to_timestamp($3::float8 / 1000)
        AND visits.dimension = $4 ORDER BY visits.start, visits.key LIMIT $5::int`,
    ...[step, from, to, dimension, limit],
  )
