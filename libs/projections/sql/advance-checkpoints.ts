import type { Sql } from '#libs/database'
import type { Advance } from '../checkpoints.ts'

/** Moves the checkpoints that still are where they were loaded, and answers how many those were. */
export const advanceCheckpoints = async (sql: Sql, advances: readonly Advance[], now: Date): Promise<number> => {
  const [row] = await sql.query<{ moved: number }>(
    `WITH advance AS (
       SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::bigint[])
                AS advance(projection, topic, partition, origin, target)
     ), moved AS (
       UPDATE projection_checkpoints c SET position = a.target, updated_at = $6::timestamptz
         FROM advance a
        WHERE (c.projection, c.topic, c.partition, c.position) = (a.projection, a.topic, a.partition, a.origin)
       RETURNING 1
     ), begun AS (
       INSERT INTO projection_checkpoints (projection, topic, partition, position, updated_at)
       SELECT projection, topic, partition, target, $6::timestamptz FROM advance WHERE origin IS NULL
       ON CONFLICT DO NOTHING
       RETURNING 1
     )
     SELECT ((SELECT count(*) FROM moved) + (SELECT count(*) FROM begun))::int AS moved`,
    advances.map(({ projection }) => projection),
    advances.map(({ topic }) => topic),
    advances.map(({ partition }) => partition),
    advances.map(({ from }) => from),
    advances.map(({ to }) => to),
    now,
  )
  return row!.moved
}
