import type { Sql } from '#libs/database'
import type { Subscription } from '../../domain/subscriptions/subscription.ts'

const COLUMNS = `s.id, filter, deliver, state, off_reason AS "offReason", secrets, confirm_by AS "confirmBy",
  confirmed_at AS "confirmedAt", active_since AS "activeSince", failing_since AS "failingSince", failures, retry_at AS "retryAt", created_at AS "createdAt", updated_at AS "updatedAt"`

/** Oldest first. There are few: `MOST_SUBSCRIPTIONS`. */
export const readSubscriptions = (sql: Sql): Promise<Subscription[]> =>
  sql.query(`SELECT ${COLUMNS} FROM subscriptions s ORDER BY created_at, id`)

export const readSubscription = async (sql: Sql, id: string): Promise<Subscription | undefined> => {
  const [found] = await sql.query<Subscription>(`SELECT ${COLUMNS} FROM subscriptions s WHERE id = $1::uuid`, id)
  return found
}

/** Nobody else changes it before this transaction ends. */
export const lockSubscription = async (sql: Sql, id: string): Promise<Subscription | undefined> => {
  const [found] = await sql.query<Subscription>(
    `SELECT ${COLUMNS} FROM subscriptions s WHERE id = $1::uuid FOR UPDATE`,
    id,
  )
  return found
}

/** The epoch of subscriptions and, unless it is `known`, those that are active. */
export const readActive = async (
  sql: Sql,
  known: bigint,
): Promise<{ readonly epoch: bigint; readonly active: Subscription[] }> => {
  const rows = await sql.query<{ epoch: bigint } & { [K in keyof Subscription]: Subscription[K] | null }>(
    `SELECT epoch, ${COLUMNS} FROM subscription_epoch e
       LEFT JOIN subscriptions s ON state = 'active' AND epoch <> $1::bigint
      ORDER BY created_at, s.id`,
    known,
  )
  return { epoch: rows[0]!.epoch, active: rows.filter(({ id }) => id !== null) as Subscription[] }
}
