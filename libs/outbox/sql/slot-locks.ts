import { CHANNEL, MEMBERS_CHANGED } from '../channel.ts'
import type { RelayConnection } from '../relay-connection.ts'
import { SLOTS } from '../slot.ts'

/** The first half of the advisory lock keys; the second is a slot or `MEMBER`. Locks are per database. */
const CLASS = 0x6f626f78
const MEMBER = SLOTS

/** Every relay holds the member lock, shared, for as long as its session lives: its sign of life. */
export const joinMembers = async (connection: RelayConnection): Promise<void> => {
  await connection.query({ text: 'SELECT pg_advisory_lock_shared($1, $2)', values: [CLASS, MEMBER] })
  await announceMembersChanged(connection)
}

export const announceMembersChanged = async (connection: RelayConnection): Promise<void> => {
  await connection.query({ text: 'SELECT pg_notify($1, $2)', values: [CHANNEL, MEMBERS_CHANGED] })
}

export const countMembers = async (connection: RelayConnection): Promise<number> => {
  const [row] = await connection.query<{ members: number }>({
    text: `SELECT count(*)::int AS members FROM pg_locks
      WHERE locktype = 'advisory' AND granted AND classid = $1::int::oid AND objid = $2::int::oid
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    values: [CLASS, MEMBER],
  })
  return row!.members
}

/** Locks at most `count` of the given slots, those that nobody holds, and answers which. */
export const lockSlots = async (
  connection: RelayConnection,
  slots: readonly number[],
  count: number,
): Promise<number[]> => {
  const rows = await connection.query<{ slot: number }>({
    text: 'SELECT slot FROM unnest($2::int[]) AS slot WHERE pg_try_advisory_lock($1, slot) LIMIT $3',
    values: [CLASS, slots, count],
  })
  return rows.map(({ slot }) => slot)
}

export const unlockSlots = async (connection: RelayConnection, slots: readonly number[]): Promise<void> => {
  await connection.query({
    text: 'SELECT pg_advisory_unlock($1, slot) FROM unnest($2::int[]) AS slot',
    values: [CLASS, slots],
  })
  await announceMembersChanged(connection)
}

/** Gives up everything at once, so that the others need not wait for the session to end. */
export const leaveMembers = async (connection: RelayConnection): Promise<void> => {
  await connection.query({ text: 'SELECT pg_advisory_unlock_all()' })
  await announceMembersChanged(connection)
}
