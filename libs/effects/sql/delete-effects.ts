import type { Sql } from '#libs/database'

/** Answers the ids that were still there: whoever deletes an effect's row owns its outcome. */
export const deleteEffects = async (sql: Sql, ids: readonly string[]): Promise<string[]> => {
  const rows = await sql.query<{ id: string }>('DELETE FROM effects WHERE id = ANY($1::text[]) RETURNING id', ids)
  return rows.map((row) => row.id)
}
