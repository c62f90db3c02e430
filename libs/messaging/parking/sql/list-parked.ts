import type { Sql } from '#libs/database'
import type { ParkReason, ParkStatus } from '../parked-message.ts'

export interface ParkedItem {
  readonly id: bigint
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Uint8Array | null
  readonly messageId: string | null
  readonly type: string | null
  readonly reason: ParkReason
  readonly error: string | null
  readonly status: ParkStatus
  readonly attempts: number
  readonly nextAttemptAt: Date | null
  readonly parkedAt: Date
}

/** Parked messages in the order they were parked, after the one with the id `after`. */
export const listParked = (sql: Sql, consumer: string, after: bigint, limit: number): Promise<ParkedItem[]> =>
  sql.query(
    `SELECT id, topic, partition, "offset", key, message_id AS "messageId", type, reason, error, status, attempts,
            next_attempt_at AS "nextAttemptAt", parked_at AS "parkedAt"
       FROM parked_messages
      WHERE consumer = $1 AND id > $2::bigint
      ORDER BY id
      LIMIT $3::int`,
    consumer,
    after,
    limit,
  )
