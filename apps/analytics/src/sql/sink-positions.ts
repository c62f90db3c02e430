import type { Sql } from '#libs/database'

/** Where the sink goes on in each of these partitions; 0 where it has not been. */
export const readPositions = async (sql: Sql, partitions: readonly number[]): Promise<Map<number, number>> => {
  const rows = await sql.query<{ partition: number; next: string }>(
    `SELECT partition, next_offset::text AS next FROM sink_positions WHERE partition = ANY (ARRAY(
       SELECT value::int FROM json_array_elements_text($1::json)))`,
    JSON.stringify(partitions),
  )
  const known = new Map(rows.map(({ partition, next }) => [partition, Number(next)]))
  return new Map(partitions.map((partition) => [partition, known.get(partition) ?? 0]))
}

export interface Move {
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** Moves the positions on, and answers whether all were where they were thought to be. Holds them until the commit. */
export const movePositions = async (sql: Sql, moves: readonly Move[]): Promise<boolean> => {
  const moved = await sql.execute(
    `INSERT INTO sink_positions AS sink (partition, next_offset)
     SELECT partition, "to" FROM json_to_recordset($1::json) AS moves (partition int, "from" bigint, "to" bigint)
      ORDER BY partition
     ON CONFLICT (partition) DO UPDATE SET next_offset = EXCLUDED.next_offset
      WHERE sink.next_offset = (
        SELECT "from" FROM json_to_recordset($1::json) AS moves (partition int, "from" bigint)
         WHERE moves.partition = sink.partition)`,
    JSON.stringify(moves),
  )
  return moved === moves.length
}

/** Where the sink goes on in each of these partitions: until the end of the transaction it goes on nowhere. */
export const holdPositions = async (tx: Sql, partitions: readonly number[]): Promise<Map<number, number>> => {
  await tx.execute(
    `INSERT INTO sink_positions (partition, next_offset)
     SELECT value::int, 0 FROM json_array_elements_text($1::json) ORDER BY value::int ON CONFLICT (partition) DO NOTHING`,
    JSON.stringify(partitions),
  )
  await tx.query('SELECT 1 FROM sink_positions ORDER BY partition FOR UPDATE')
  return readPositions(tx, partitions)
}

export const setPositions = async (tx: Sql, positions: ReadonlyMap<number, number>): Promise<void> => {
  await tx.execute(
    `UPDATE sink_positions AS sink SET next_offset = given.next
       FROM json_to_recordset($1::json) AS given (partition int, next bigint) WHERE sink.partition = given.partition`,
    JSON.stringify(Array.from(positions, ([partition, next]) => ({ partition, next }))),
  )
}
