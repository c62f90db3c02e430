import type { Sql } from '#libs/database'
import type { Subscription } from '../../domain/subscriptions/subscription.ts'

/**
 * Says that subscriptions are not what they were, and has whoever changes them at the same time wait: before they are
 * counted or changed.
 */
export const beginEpoch = async (sql: Sql): Promise<void> => {
  await sql.execute('UPDATE subscription_epoch SET epoch = epoch + 1')
}

export const countSubscriptions = async (sql: Sql): Promise<number> => {
  const [row] = await sql.query<{ count: number }>('SELECT count(*)::int AS count FROM subscriptions')
  return row!.count
}

/** Inserts it, or writes all of it that may change. */
export const putSubscription = async (sql: Sql, subscription: Subscription): Promise<void> => {
  const { id, filter, deliver, state, offReason, secrets, activeSince, createdAt, updatedAt } = subscription
  const { failingSince, failures, retryAt, confirmBy, confirmedAt } = subscription
  await sql.execute(
    `INSERT INTO subscriptions (id, filter, deliver, state, off_reason, secrets, active_since, failing_since, failures,
                                retry_at, created_at, updated_at, confirm_by, confirmed_at)
     VALUES ($1::uuid, $2::json, $3::json, $4, $5, $6::json, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT (id) DO UPDATE
       SET filter = $2::json, deliver = $3::json, state = $4, off_reason = $5, secrets = $6::json, active_since = $7,
           failing_since = $8, failures = $9, retry_at = $10, updated_at = $12, confirm_by = $13, confirmed_at = $14`,
    ...[id, JSON.stringify(filter), JSON.stringify(deliver), state, offReason, JSON.stringify(secrets), activeSince],
    ...[failingSince, failures, retryAt, createdAt, updatedAt, confirmBy, confirmedAt],
  )
}

export const deleteSubscription = async (sql: Sql, id: string): Promise<void> => {
  await sql.execute('DELETE FROM subscriptions WHERE id = $1::uuid', id)
  await sql.execute(
    `UPDATE subscription_deliveries SET state = 'failed', ended_at = clock_timestamp(), leased_by = NULL,
            last_error = 'the subscription was removed'
      WHERE subscription_id = $1::uuid AND state = 'pending'`,
    id,
  )
}
