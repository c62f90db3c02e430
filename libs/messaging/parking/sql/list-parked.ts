import type { Sql } from '#libs/database'
import { conditionOf, type ParkedFilter } from '../parked-filter.ts'
import type { ParkReason, ParkStatus } from '../parked-message.ts'

export interface ParkedItem {
  readonly id: bigint
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Uint8Array | null
  readonly messageId: string | null
  readonly type: string | null
  readonly orderId: string | null
  readonly reason: ParkReason
  readonly error: string | null
  readonly status: ParkStatus
  readonly attempts: number
  readonly nextAttemptAt: Date | null
  readonly parkedAt: Date
  readonly workedBy: string | null
  readonly resolution: 'handled' | 'discarded' | null
  readonly settledAt: Date | null
}

export const ITEM_COLUMNS = `id, topic, partition, "offset", key, message_id AS "messageId", type, order_id AS "orderId",
  reason, error, status, attempts, next_attempt_at AS "nextAttemptAt", parked_at AS "parkedAt",
  worked_by AS "workedBy", resolution, settled_at AS "settledAt"`

/** Parked messages in the order they were parked, after the one with the id `after`. */
export const listParked = (
  sql: Sql,
  consumer: string,
  filter: ParkedFilter,
  after: bigint,
  limit: number,
): Promise<ParkedItem[]> => {
  const { condition, parameters } = conditionOf(filter, consumer, 3)
  return sql.query(
    `SELECT ${ITEM_COLUMNS} FROM parked_messages WHERE id > $1::bigint AND ${condition} ORDER BY id LIMIT $2::int`,
    after,
    limit,
    ...parameters,
  )
}
