import type { RelayConnection } from '../relay-connection.ts'

export interface Backlog {
  readonly count: number
  /** When the oldest row was inserted, milliseconds since 1970. */
  readonly oldestMs: number | null
}

export const countBacklog = async (connection: RelayConnection, slots: readonly number[]): Promise<Backlog> => {
  const [row] = await connection.query<Backlog>({
    text: `SELECT count(*)::int AS count, extract(epoch FROM min(created_at))::float8 * 1000 AS "oldestMs"
             FROM outbox WHERE slot = ANY($1::smallint[])`,
    values: [slots],
  })
  return row!
}
