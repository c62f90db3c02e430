import type { Sql } from '#libs/database'
import type { EffectIdentity } from '../effect.ts'

/** Gives leases of `owner` back before they run out, so that another worker may start at once. */
export const releaseEffects = (sql: Sql, rows: readonly EffectIdentity[], owner: string): Promise<number> =>
  sql.execute(
    `UPDATE effects e SET due_at = clock_timestamp(), leased_by = NULL
       FROM unnest($1::text[], $2::text[]) AS held(key, id)
      WHERE e.key = held.key AND e.id = held.id AND e.leased_by = $3`,
    rows.map(({ key }) => key),
    rows.map(({ id }) => id),
    owner,
  )
