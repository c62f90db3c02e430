import type { Sql } from '#libs/database'
import type { ParkedMessage } from '../parked-message.ts'

/**
 * The messages whose turn it is: due, not dead, and with nothing of their key before them. A queued message is one
 * from the moment that the last one before it is gone, whoever saw to that. Those of `queues` have workers of their own.
 */
export const dueHeads = (
  sql: Sql,
  consumer: string,
  queues: readonly string[],
  now: Date,
  limit: number,
): Promise<ParkedMessage[]> =>
  sql.query(
    `SELECT id, topic, partition, "offset", key, headers, value, status, attempts, digest
       FROM parked_messages head
      WHERE consumer = $1 AND status IN ('retrying', 'queued') AND (next_attempt_at IS NULL OR next_attempt_at <= $2::timestamptz)
        AND topic <> ALL ($4::text[])
        AND NOT EXISTS (SELECT FROM parked_messages earlier
                         WHERE earlier.consumer = head.consumer AND earlier.topic = head.topic
                           AND earlier.key = head.key AND earlier.blocks_key AND earlier.id < head.id)
      ORDER BY next_attempt_at NULLS FIRST, id
      LIMIT $3::int`,
    consumer,
    now.toISOString(),
    limit,
    queues,
  )
