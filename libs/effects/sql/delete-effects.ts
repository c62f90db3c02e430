import type { Sql } from '#libs/database'
import type { EffectIdentity } from '../effect.ts'

/** Answers the ids that were still there: whoever deletes an effect's row owns its outcome. */
export const deleteEffects = async (sql: Sql, rows: readonly EffectIdentity[]): Promise<string[]> => {
  const deleted = await sql.query<{ id: string }>(
    `DELETE FROM effects e USING unnest($1::text[], $2::text[]) AS ended(key, id)
      WHERE e.key = ended.key AND e.id = ended.id
      RETURNING e.id`,
    rows.map(({ key }) => key),
    rows.map(({ id }) => id),
  )
  return deleted.map(({ id }) => id)
}
