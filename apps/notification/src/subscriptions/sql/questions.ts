import type { Sql } from '#libs/database'
import type { Asked } from '../../domain/subscriptions/asking.ts'
import type { Destination, Secret } from '../../domain/subscriptions/subscription.ts'

/** A question that was asked, and its subscription as it is now. */
export interface AskedQuestion {
  readonly subscriptionId: string
  readonly deliver: Destination
  readonly secrets: readonly Secret[]
}

export const findQuestion = async (sql: Sql, id: string): Promise<AskedQuestion | undefined> => {
  const [found] = await sql.query<AskedQuestion>(
    `SELECT s.id AS "subscriptionId", s.deliver, s.secrets
       FROM subscription_deliveries d JOIN subscriptions s ON s.id = d.subscription_id
      WHERE d.id = $1::uuid AND d.kind = 'confirm'`,
    id,
  )
  return found
}

/** Its reader has said yes: whoever has it under way, or waits for its end, has nothing to record any more. */
export const recordYes = async (sql: Sql, id: string, now: Date): Promise<void> => {
  await sql.execute(
    `UPDATE subscription_deliveries SET state = 'delivered', leased_by = NULL, ended_at = $2 WHERE id = $1::uuid`,
    id,
    now,
  )
}

/** How often addresses were asked since then; whatever became of the subscriptions. */
export const countAsked = async (sql: Sql, address: string, since: Date): Promise<Asked> => {
  const [row] = await sql.query<Asked>(
    `SELECT count(*) FILTER (WHERE asked_address = $1)::int AS "thisAddress", count(*)::int AS "inAll"
       FROM subscription_deliveries WHERE asked_address IS NOT NULL AND created_at > $2`,
    address,
    since,
  )
  return row!
}

/** Whatever answers these from now on confirms nothing. */
export const supersedeQuestions = async (sql: Sql, subscriptionId: string): Promise<void> => {
  await sql.execute(
    `UPDATE subscription_deliveries
        SET state = 'failed', leased_by = NULL, ended_at = clock_timestamp(), last_error = 'asked for no longer'
      WHERE subscription_id = $1::uuid AND kind = 'confirm' AND state = 'pending'`,
    subscriptionId,
  )
}
