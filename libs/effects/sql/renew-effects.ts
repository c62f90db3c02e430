import type { Sql } from '#libs/database'
import type { EffectIdentity } from '../effect.ts'

/** Makes leases last longer, and answers the ids of those that `owner` still has. */
export const renewEffects = async (
  sql: Sql,
  rows: readonly EffectIdentity[],
  owner: string,
  leaseMs: number,
): Promise<string[]> => {
  const renewed = await sql.query<{ id: string }>(
    `UPDATE effects e SET due_at = clock_timestamp() + $4::int * interval '1 millisecond'
       FROM unnest($1::text[], $2::text[]) AS held(key, id)
      WHERE e.key = held.key AND e.id = held.id AND e.leased_by = $3
      RETURNING e.id`,
    rows.map(({ key }) => key),
    rows.map(({ id }) => id),
    owner,
    leaseMs,
  )
  return renewed.map(({ id }) => id)
}
