import type { Sql } from '#libs/database'
import type { Place } from '../checkpoints.ts'

export const loadCheckpoints = (sql: Sql, places: readonly Place[]): Promise<(Place & { position: bigint })[]> =>
  sql.query(
    `SELECT projection, topic, partition, position FROM projection_checkpoints
      WHERE (projection, topic, partition) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::int[]))`,
    places.map(({ projection }) => projection),
    places.map(({ topic }) => topic),
    places.map(({ partition }) => partition),
  )
