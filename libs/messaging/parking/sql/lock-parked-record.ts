import type { Sql } from '#libs/database'
import type { ParkStatus } from '../parked-message.ts'

/** What decides whether an operator may do something with a parked message. */
export interface LockedParked {
  readonly id: bigint
  readonly status: ParkStatus
  readonly key: Uint8Array | null
  readonly headers: string
  readonly value: Uint8Array | null
  readonly original: string | null
  readonly resolution: 'handled' | 'discarded' | null
}

/** Locks a parked message until the end of the transaction; waits for whoever is handling it right now. */
export const lockParkedRecord = async (sql: Sql, consumer: string, id: bigint): Promise<LockedParked | undefined> => {
  const [row] = await sql.query<LockedParked>(
    `SELECT id, status, key, headers, value, original, resolution FROM parked_messages
      WHERE consumer = $1 AND id = $2::bigint FOR UPDATE`,
    consumer,
    id,
  )
  return row
}
