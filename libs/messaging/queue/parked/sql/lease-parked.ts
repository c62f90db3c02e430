import type { Sql } from '#libs/database'
import type { ParkedMessage } from '../../../parking/parked-message.ts'

/** Takes parked messages of a queue that somebody wants to be tried again, and keeps them from others until `leaseUntil`. */
export const leaseParked = (
  sql: Sql,
  consumer: string,
  topic: string,
  now: Date,
  leaseUntil: Date,
  limit: number,
): Promise<ParkedMessage[]> =>
  sql.query(
    `UPDATE parked_messages SET next_attempt_at = $4::timestamptz
      WHERE id IN (SELECT id FROM parked_messages
                    WHERE consumer = $1 AND topic = $2 AND status = 'retrying' AND next_attempt_at <= $3::timestamptz
                    ORDER BY next_attempt_at, id LIMIT $5::int FOR UPDATE SKIP LOCKED)
     RETURNING id, topic, partition, "offset", key, headers, value, status, attempts, digest`,
    consumer,
    topic,
    now.toISOString(),
    leaseUntil.toISOString(),
    limit,
  )

/** Keeps them from others for longer, or gives them back with a time that has come. */
export const setLeaseOfParked = (sql: Sql, ids: readonly bigint[], until: Date): Promise<number> =>
  sql.execute(
    `UPDATE parked_messages SET next_attempt_at = $2::timestamptz
      WHERE id = ANY ($1::text[]::bigint[]) AND status = 'retrying'`,
    ids.map(String),
    until.toISOString(),
  )
