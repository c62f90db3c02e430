import type { Sql } from '#libs/database'
import type { EffectIdentity } from '../effect.ts'

/** Gives leases back before they run out, so that another worker may start at once. */
export const releaseEffects = (sql: Sql, rows: readonly EffectIdentity[]): Promise<number> =>
  sql.execute(
    `UPDATE effects e SET due_at = clock_timestamp()
       FROM unnest($1::text[], $2::text[]) AS held(key, id) WHERE e.key = held.key AND e.id = held.id`,
    rows.map(({ key }) => key),
    rows.map(({ id }) => id),
  )
