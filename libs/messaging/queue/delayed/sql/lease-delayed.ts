import type { Sql } from '#libs/database'
import type { DelayedMessage } from '../delayed-message.ts'

/** Takes messages whose time has come, the one that waits longest first, and keeps them from others until `leaseUntil`. */
export const leaseDelayed = (
  sql: Sql,
  queue: string,
  now: Date,
  leaseUntil: Date,
  limit: number,
): Promise<DelayedMessage[]> =>
  sql.query(
    `UPDATE delayed_messages SET due_at = $3::timestamptz, starts = starts + 1
      WHERE id IN (SELECT id FROM delayed_messages
                    WHERE queue = $1 AND due_at <= $2::timestamptz
                    ORDER BY due_at LIMIT $4::int FOR UPDATE SKIP LOCKED)
     RETURNING id, message_id AS "messageId", topic, partition, "offset", key, headers, value, attempts, starts`,
    queue,
    now.toISOString(),
    leaseUntil.toISOString(),
    limit,
  )
