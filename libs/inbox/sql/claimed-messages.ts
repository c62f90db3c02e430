import type { Sql } from '#libs/database'
import { inboxId } from '../inbox-id.ts'

/** Those of the ids that this consumer has claimed, as of now. */
export const claimedMessages = async (sql: Sql, consumer: string, ids: readonly string[]): Promise<Set<string>> => {
  if (ids.length === 0) return new Set()
  const rows = await sql.query<{ id: string }>(
    'SELECT message_id::text AS id FROM inbox WHERE consumer = $1 AND message_id = ANY ($2::uuid[])',
    consumer,
    ids.map(inboxId),
  )
  const found = new Set(rows.map(({ id }) => id))
  return new Set(ids.filter((id) => found.has(inboxId(id))))
}
