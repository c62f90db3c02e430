import type { Sql } from '#libs/database'
import type { NewEffect } from '../effect.ts'

/**
 * Answers which rows are new and which of these are leased. A row behind an earlier one of its key gets no lease
 * whatever was asked for: it must wait for its turn. Clock: the database's, the only one that all workers share.
 */
export const insertEffects = (
  sql: Sql,
  rows: readonly { effect: NewEffect; leaseMs: number }[],
): Promise<{ id: string; leased: boolean }[]> =>
  sql.query(
    `WITH new AS (
       SELECT *, row_number() OVER (PARTITION BY key ORDER BY position) > 1
                 OR EXISTS (SELECT FROM effects e WHERE e.key = n.key) AS blocked
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[])
            WITH ORDINALITY AS n (id, kind, key, payload, cause, lease_ms, position)
     )
     INSERT INTO effects (id, kind, key, payload, cause, due_at)
     SELECT id, kind, key, payload::json, cause::json,
            clock_timestamp() + CASE WHEN blocked THEN 0 ELSE lease_ms END * interval '1 millisecond'
     FROM new ORDER BY position
     ON CONFLICT (id) DO NOTHING
     RETURNING id, due_at > clock_timestamp() AS leased`,
    rows.map(({ effect }) => effect.id),
    rows.map(({ effect }) => effect.kind),
    rows.map(({ effect }) => effect.key),
    rows.map(({ effect }) => JSON.stringify(effect.payload)),
    rows.map(({ effect }) => JSON.stringify(effect.cause)),
    rows.map(({ leaseMs }) => leaseMs),
  )
