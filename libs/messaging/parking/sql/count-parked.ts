import type { Sql } from '#libs/database'
import { conditionOf, type ParkedFilter } from '../parked-filter.ts'
import type { ParkReason, ParkStatus } from '../parked-message.ts'

export interface ParkedCount {
  readonly status: ParkStatus
  readonly reason: ParkReason
  readonly count: number
}

export const countParked = (sql: Sql, consumer: string, filter: ParkedFilter): Promise<ParkedCount[]> => {
  const { condition, parameters } = conditionOf(filter, consumer)
  return sql.query(
    `SELECT status, reason, count(*)::int AS count FROM parked_messages WHERE ${condition}
      GROUP BY status, reason ORDER BY status, reason`,
    ...parameters,
  )
}
