import type { Sql } from '#libs/database'

/** Removes a message that is being worked; false when somebody else has it now, or it is gone. */
export const endDelayed = async (sql: Sql, id: bigint, starts: number): Promise<boolean> =>
  (await sql.execute('DELETE FROM delayed_messages WHERE id = $1::bigint AND starts = $2::int', id, starts)) === 1
