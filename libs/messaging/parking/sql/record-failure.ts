import type { Sql } from '#libs/database'
import type { ParkVerdict } from '../parked-message.ts'

/** What another failed attempt made of a parked message. */
export const recordFailure = (sql: Sql, id: bigint, verdict: ParkVerdict): Promise<number> =>
  sql.execute(
    `UPDATE parked_messages
        SET status = $2, reason = $3, error = $4, attempts = $5::int, next_attempt_at = $6::timestamptz, blocks_key = $7
      WHERE id = $1::bigint`,
    id,
    verdict.status,
    verdict.reason,
    verdict.error,
    verdict.attempts,
    verdict.nextAttemptAt?.toISOString() ?? null,
    verdict.blocksKey,
  )
