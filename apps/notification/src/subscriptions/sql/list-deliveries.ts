import type { Sql } from '#libs/database'

export interface DeliveryRow {
  readonly seq: bigint
  readonly id: string
  readonly subscriptionId: string
  readonly kind: 'event' | 'confirm'
  readonly eventId: string | null
  readonly eventType: string
  readonly eventKey: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly attempts: number
  readonly dueAt: Date
  readonly giveUpAt: Date
  readonly sentAt: Date | null
  readonly lastStatus: number | null
  readonly lastError: string | null
  readonly endedAt: Date | null
  readonly createdAt: Date
}

const COLUMNS = `seq, id, subscription_id AS "subscriptionId", kind, event_id AS "eventId", event_type AS "eventType",
  event_key AS "eventKey", state, attempts, due_at AS "dueAt", give_up_at AS "giveUpAt", sent_at AS "sentAt",
  last_status AS "lastStatus",
  last_error AS "lastError", ended_at AS "endedAt", created_at AS "createdAt"`

/** Newest first, those before the one with the number `before`. */
export const listDeliveries = (
  sql: Sql,
  subscriptionId: string,
  { state, before, limit }: { state: string | undefined; before: bigint; limit: number },
): Promise<DeliveryRow[]> =>
  sql.query(
    `SELECT ${COLUMNS} FROM subscription_deliveries
      WHERE subscription_id = $1::uuid AND seq < $2::bigint AND ($3::text IS NULL OR state = $3)
      ORDER BY seq DESC LIMIT $4::int`,
    subscriptionId,
    before,
    state ?? null,
    limit,
  )

export const lockDelivery = async (sql: Sql, subscriptionId: string, id: string): Promise<DeliveryRow | undefined> => {
  const [found] = await sql.query<DeliveryRow>(
    `SELECT ${COLUMNS} FROM subscription_deliveries WHERE id = $2::uuid AND subscription_id = $1::uuid FOR UPDATE`,
    subscriptionId,
    id,
  )
  return found
}

/** It is owed anew, with all the time that a new one has. */
export const repeatDelivery = async (sql: Sql, id: string, giveUpAt: Date): Promise<void> => {
  await sql.execute(
    `UPDATE subscription_deliveries
        SET state = 'pending', due_at = clock_timestamp(), leased_by = NULL, give_up_at = $2, ended_at = NULL
      WHERE id = $1::uuid`,
    id,
    giveUpAt,
  )
}
