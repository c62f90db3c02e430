import type { Sql } from '#libs/database'
import type { Effect } from '../effect.ts'

/**
 * Leases up to `limit` effects that are due: never tried, left by a dead worker, or whose turn has come because the
 * earlier ones of their key are done. Workers that claim at the same moment skip each other's rows.
 */
export const claimEffects = (
  sql: Sql,
  kinds: readonly string[],
  limit: number,
  { owner, durationMs }: { readonly owner: string; readonly durationMs: number },
): Promise<Effect[]> =>
  sql.query(
    `WITH due AS (
       SELECT key, id FROM effects e
       WHERE due_at <= clock_timestamp() AND kind = ANY($1::text[])
         AND NOT EXISTS (SELECT FROM effects earlier WHERE earlier.key = e.key AND earlier.seq < e.seq)
       ORDER BY due_at LIMIT $2::int
       FOR UPDATE SKIP LOCKED
     )
     UPDATE effects e
     SET due_at = clock_timestamp() + $3::int * interval '1 millisecond', leased_by = $4
     FROM due WHERE e.key = due.key AND e.id = due.id
     RETURNING e.id, e.kind, e.key, e.payload, e.cause, e.attempts`,
    kinds,
    limit,
    durationMs,
    owner,
  )
