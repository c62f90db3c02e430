import type { Sql } from '#libs/database'
import type { NewEffectRow } from '../effects.ts'

/**
 * Answers which rows are new and which of these are leased. A row behind one of its key that is there already gets no
 * lease whatever was asked for: it must wait for its turn. Clock: the database's, the only one that all workers share.
 */
export const insertEffects = (sql: Sql, rows: readonly NewEffectRow[]): Promise<{ id: string; leased: boolean }[]> =>
  sql.query(
    `INSERT INTO effects (id, kind, key, payload, cause, leased_by, due_at)
     SELECT id, kind, key, payload::json, cause::json, owner,
            clock_timestamp() + interval '1 millisecond'
              * CASE WHEN EXISTS (SELECT FROM effects earlier WHERE earlier.key = new.key) THEN 0 ELSE lease_ms END
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[])
            WITH ORDINALITY AS new(id, kind, key, payload, cause, lease_ms, owner, place)
      ORDER BY place
     ON CONFLICT DO NOTHING
     RETURNING id, due_at > clock_timestamp() AS leased`,
    rows.map(({ effect }) => effect.id),
    rows.map(({ effect }) => effect.kind),
    rows.map(({ effect }) => effect.key),
    rows.map(({ effect }) => JSON.stringify(effect.payload)),
    rows.map(({ effect }) => JSON.stringify(effect.cause)),
    rows.map(({ leaseMs }) => leaseMs),
    rows.map(({ owner }) => owner),
  )
