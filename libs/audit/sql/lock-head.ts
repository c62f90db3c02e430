import type { Sql } from '#libs/database'
import type { AuditHead } from '../entry.ts'

/** The end of the trail, which is nobody else's until this transaction ends. */
export const lockHead = async (sql: Sql): Promise<AuditHead> => {
  const [head] = await sql.query<AuditHead>('SELECT seq, hash FROM audit_head WHERE id = 1 FOR UPDATE')
  return head!
}
