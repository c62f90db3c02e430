import type { Sql } from '#libs/database'

/** Gives leases back before they run out, so that another worker may start at once. */
export const releaseEffects = (sql: Sql, ids: readonly string[]): Promise<number> =>
  sql.execute('UPDATE effects SET due_at = clock_timestamp() WHERE id = ANY($1::text[])', ids)
