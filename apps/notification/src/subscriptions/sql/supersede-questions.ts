import type { Sql } from '#libs/database'

/** Whatever answers these from now on confirms nothing. */
export const supersedeQuestions = async (sql: Sql, subscriptionId: string): Promise<void> => {
  await sql.execute(
    `UPDATE subscription_deliveries
        SET state = 'failed', leased_by = NULL, ended_at = clock_timestamp(), last_error = 'asked for no longer'
      WHERE subscription_id = $1::uuid AND kind = 'confirm' AND state = 'pending'`,
    subscriptionId,
  )
}
