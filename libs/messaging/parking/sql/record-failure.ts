import type { Sql } from '#libs/database'
import { attemptLine } from '../attempt-log.ts'
import type { ParkVerdict } from '../parked-message.ts'

/** What another failed attempt made of a parked message. */
export const recordFailure = (sql: Sql, id: bigint, verdict: ParkVerdict, now: Date): Promise<number> =>
  sql.execute(
    `UPDATE parked_messages
        SET status = $2, reason = $3, error = $4, attempts = $5::int, next_attempt_at = $6::timestamptz, blocks_key = $7,
            attempt_log = right(attempt_log || $8, $9::int)
      WHERE id = $1::bigint`,
    id,
    verdict.status,
    verdict.reason,
    verdict.error,
    verdict.attempts,
    verdict.nextAttemptAt?.toISOString() ?? null,
    verdict.blocksKey,
    attemptLine(verdict, now),
    MAX_LOG_LENGTH,
  )

/** Of all attempts together, characters; the oldest go first. */
const MAX_LOG_LENGTH = 50_000
