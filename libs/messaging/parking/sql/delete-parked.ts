import type { Sql } from '#libs/database'

/** Forgets parked messages that this transaction has locked and handled. */
export const deleteParked = (sql: Sql, ids: readonly bigint[]): Promise<number> =>
  sql.execute('DELETE FROM parked_messages WHERE id = ANY ($1::text[]::bigint[])', ids.map(String))
