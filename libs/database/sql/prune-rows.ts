import type { Retention } from '../retention.ts'
import type { Sql } from '../sql.ts'

/** Removed rows, and the latest moment among them: from there on the next batch looks, past the index entries of these. */
export interface Pruned {
  readonly count: number
  readonly latest: Date | null
}

/**
 * Removes the oldest rows between the two moments, at most `limit`; none while another process does so. A row that is
 * given another moment meanwhile is another version of itself then, and stays.
 */
export const pruneRows = async (
  sql: Sql,
  { table, column }: Retention,
  from: Date,
  until: Date,
  limit: number,
): Promise<Pruned> => {
  const [row] = await sql.query<Pruned>(
    `WITH due AS (
       SELECT ctid, ${column} AS moment FROM ${table}
        WHERE ${column} >= $1::timestamptz AND ${column} <= $2::timestamptz
          AND (SELECT pg_try_advisory_xact_lock(hashtextextended('housekeeping of ${table}', 0)))
        ORDER BY ${column} LIMIT $3::int
     ), removed AS (
       DELETE FROM ${table} USING due WHERE ${table}.ctid = due.ctid RETURNING due.moment
     )
     SELECT count(*)::int AS count, max(moment) AS latest FROM removed`,
    from,
    until,
    limit,
  )
  return row!
}
