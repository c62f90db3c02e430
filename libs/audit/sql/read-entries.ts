import type { Sql } from '#libs/database'
import type { AuditEntry, AuditHead } from '../entry.ts'

/** The next entries after the one numbered `after`, oldest first. */
export const readEntries = (sql: Sql, after: bigint, limit: number): Promise<AuditEntry[]> =>
  sql.query(
    `SELECT seq, at, actor, action, target, reason, outcome, detail, previous_hash AS "previousHash", hash
       FROM audit_entries WHERE seq > $1::bigint ORDER BY seq LIMIT $2::int`,
    after,
    limit,
  )

export const readHead = async (sql: Sql): Promise<AuditHead> => {
  const [head] = await sql.query<AuditHead>('SELECT seq, hash FROM audit_head WHERE id = 1')
  return head!
}
