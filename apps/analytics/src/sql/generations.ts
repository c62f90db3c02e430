import type { Sql } from '#libs/database'

const WINDOWS = ['window_counts', 'window_sketches', 'window_visits'] as const
const TABLES = [...WINDOWS, 'panes'] as const
const AT_ONCE = 5_000

/** Removes what was filled of a generation, some rows at a time: nothing of it is served. */
export const clearGeneration = (sql: Sql, generation: number): Promise<void> =>
  removeRows(sql, 'generation = $1::int', generation)

/** Removes generations that are neither served nor being filled. */
export const clearOldGenerations = (sql: Sql): Promise<void> =>
  removeRows(
    sql,
    `generation <> (SELECT served.generation FROM served_generation AS served)
     AND generation NOT IN (SELECT rebuilds.generation FROM rebuilds WHERE state = 'running')`,
  )

const removeRows = async (sql: Sql, condition: string, ...parameters: unknown[]): Promise<void> => {
  for (const table of TABLES) {
    const statement = `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${AT_ONCE}))`
    while ((await sql.execute(statement, ...parameters)) === AT_ONCE);
  }
}

/** What the source does not reach back to is what it was. */
export const carryOver = async (
  tx: Sql,
  { from, to, before }: { readonly from: number; readonly to: number; readonly before: number },
): Promise<void> => {
  for (const table of WINDOWS)
    await tx.execute(
      `UPDATE ${table} SET generation = $2::int WHERE generation = $1::int AND start < to_timestamp($3::float8 / 1000)`,
      ...[from, to, before],
    )
  await tx.execute(
    'UPDATE panes SET generation = $2::int WHERE generation = $1::int AND start < $3::bigint',
    ...[from, to, String(before)],
  )
}
