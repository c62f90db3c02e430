import type { Sql } from '#libs/database'

/** Milliseconds until some effect may be claimed, negative when one is overdue, undefined when none is owed. */
export const nextDue = async (sql: Sql, kinds: readonly string[]): Promise<number | undefined> => {
  const [row] = await sql.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::float8 AS ms
     FROM effects WHERE kind = ANY($1::text[])`,
    kinds,
  )
  return row?.ms ?? undefined
}
