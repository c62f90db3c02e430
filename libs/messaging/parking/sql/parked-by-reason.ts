import type { Sql } from '#libs/database'
import type { ParkReason, ParkStatus } from '../parked-message.ts'

export interface ParkedByReason {
  readonly reason: ParkReason
  readonly status: Exclude<ParkStatus, 'settled'>
  readonly count: number
  /** Of the one that has been parked longest, seconds. */
  readonly age: number
}

/** What is parked and waits, for the service's metrics. */
export const parkedByReason = (sql: Sql, consumer: string): Promise<ParkedByReason[]> =>
  sql.query(
    `SELECT reason, status, count(*)::int AS count,
            greatest(extract(epoch FROM now() - min(parked_at)), 0)::float8 AS age
       FROM parked_messages WHERE consumer = $1 AND status <> 'settled' GROUP BY reason, status`,
    consumer,
  )
