import type { Sql } from '#libs/database'
import type { IdempotentRequest } from '../idempotency-keys.ts'

/** Whether there is an answer under the key, so that what a request needs before its transaction need not be had again. */
export const isAnswered = async (
  sql: Sql,
  { scope, key }: Pick<IdempotentRequest, 'scope' | 'key'>,
  now: Date,
): Promise<boolean> => {
  const rows = await sql.query(
    'SELECT FROM idempotency_keys WHERE scope = $1 AND key = $2 AND expires_at > $3::timestamptz LIMIT 1',
    scope,
    key,
    now,
  )
  return rows.length > 0
}
