import type { Sql } from '#libs/database'

/** The windows that are served are those of one generation; a rebuild makes another the served one. */
export interface ServedGeneration {
  readonly generation: number
  /** From windows of this start on (ms since 1970) it was computed anew; what lies before was taken over. */
  readonly since: number
  /** Of each partition of the source the offset before which everything was in it when it became the served one. */
  readonly floors: Readonly<Record<string, number>>
}

/** The condition of a statement that reads windows. */
export const isServed = 'generation = (SELECT served.generation FROM served_generation AS served)'

/** It stays so until the end of the transaction that holds the positions of the sink. */
export const readServedGeneration = async (sql: Sql): Promise<ServedGeneration> => {
  const [row] = await sql.query<Omit<ServedGeneration, 'since'> & { since: string }>(
    'SELECT generation, since::text, floors FROM served_generation',
  )
  return { ...row!, since: Number(row!.since) }
}

export const serveGeneration = async (sql: Sql, { generation, since, floors }: ServedGeneration): Promise<void> => {
  await sql.execute(
    'UPDATE served_generation SET generation = $1::int, since = $2::bigint, floors = $3::json',
    ...[generation, String(since), JSON.stringify(floors)],
  )
}
