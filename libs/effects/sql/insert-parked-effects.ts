import type { Sql } from '#libs/database'
import type { NewParkedEffect } from '../parked-effect.ts'

/** One that is parked already is left as it is. */
export const insertParkedEffects = (sql: Sql, parked: readonly NewParkedEffect[], now: Date): Promise<number> =>
  sql.execute(
    `INSERT INTO parked_effects (id, kind, key, payload, cause, outcome, reason, error, parked_at)
     SELECT id, kind, key, payload::json, cause::json, outcome::json, reason, error, $9::timestamptz
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
            AS parked(id, kind, key, payload, cause, outcome, reason, error)
     ON CONFLICT DO NOTHING`,
    parked.map(({ effect }) => effect.id),
    parked.map(({ effect }) => effect.kind),
    parked.map(({ effect }) => effect.key),
    parked.map(({ effect }) => JSON.stringify(effect.payload)),
    parked.map(({ effect }) => JSON.stringify(effect.cause)),
    parked.map(({ outcome }) => JSON.stringify(outcome)),
    parked.map(({ reason }) => reason),
    parked.map(({ error }) => error),
    now,
  )
