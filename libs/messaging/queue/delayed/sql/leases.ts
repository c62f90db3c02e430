import type { Sql } from '#libs/database'

export interface Lease {
  readonly id: bigint
  readonly starts: number
}

/** Keeps messages from others for longer; answers the ids of those that are still ours. */
export const extendLeases = async (sql: Sql, leases: readonly Lease[], until: Date): Promise<Set<bigint>> => {
  const rows = await sql.query<{ id: bigint }>(
    `UPDATE delayed_messages SET due_at = $3::timestamptz
       FROM unnest($1::text[]::bigint[], $2::int[]) AS lease (id, starts)
      WHERE delayed_messages.id = lease.id AND delayed_messages.starts = lease.starts
     RETURNING delayed_messages.id`,
    leases.map(({ id }) => String(id)),
    leases.map(({ starts }) => starts),
    until.toISOString(),
  )
  return new Set(rows.map(({ id }) => id))
}

/** Gives messages back that were not worked: they are due at once, and the start does not count. */
export const giveBackLeases = (sql: Sql, leases: readonly Lease[], now: Date): Promise<number> =>
  sql.execute(
    `UPDATE delayed_messages SET due_at = $3::timestamptz, starts = delayed_messages.starts - 1
       FROM unnest($1::text[]::bigint[], $2::int[]) AS lease (id, starts)
      WHERE delayed_messages.id = lease.id AND delayed_messages.starts = lease.starts`,
    leases.map(({ id }) => String(id)),
    leases.map(({ starts }) => starts),
    now.toISOString(),
  )
