import type { Sql } from '#libs/database'
import { conditionOf, type ParkedFilter } from '../parked-filter.ts'

export interface NewRedrive {
  readonly id: string
  readonly actor: string
  readonly reason: string
  readonly filter: ParkedFilter
}

/** Begins a redrive of the dead letters that the filter means, of at most `limit`; answers how many those are. */
export const insertRedrive = async (
  sql: Sql,
  consumer: string,
  { id, actor, reason, filter }: NewRedrive,
  now: Date,
  limit: number,
): Promise<number> => {
  const { condition, parameters } = conditionOf({ ...filter, status: 'dead' }, consumer, 8)
  const [row] = await sql.query<{ total: number }>(
    `WITH redrive AS (
       INSERT INTO redrives (id, consumer, actor, reason, filter, created_at)
       VALUES ($1, $2, $3, $4, $5, $6::timestamptz)
     ), marked AS (
       UPDATE parked_messages SET redrive_id = $1, worked_by = $3
        WHERE id IN (SELECT id FROM parked_messages WHERE ${condition} ORDER BY id LIMIT $7::int FOR UPDATE)
       RETURNING id
     )
     SELECT count(*)::int AS total FROM marked`,
    id,
    consumer,
    actor,
    reason,
    JSON.stringify(filter),
    now,
    limit,
    ...parameters,
  )
  return row!.total
}
