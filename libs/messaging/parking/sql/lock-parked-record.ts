import type { Sql } from '#libs/database'
import type { ParkReason, ParkStatus } from '../parked-message.ts'

/** What decides whether an operator may do something with a parked message. */
export interface LockedParked {
  readonly id: bigint
  readonly status: ParkStatus
  readonly key: Uint8Array | null
  readonly headers: string
  readonly value: Uint8Array | null
  readonly original: string | null
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly digest: string
  readonly reason: ParkReason
  readonly error: string | null
  readonly attempts: number
  readonly resolution: 'handled' | 'discarded' | null
}

/** Locks a parked message until the end of the transaction; waits for whoever is handling it right now. */
export const lockParkedRecord = async (sql: Sql, consumer: string, id: bigint): Promise<LockedParked | undefined> => {
  const [row] = await sql.query<LockedParked>(
    `SELECT id, status, key, headers, value, original, resolution, topic, partition, "offset", digest, reason, error,
            attempts
       FROM parked_messages
      WHERE consumer = $1 AND id = $2::bigint FOR UPDATE`,
    consumer,
    id,
  )
  return row
}
