import type pg from 'pg'
import { CHANNEL, MEMBERS_CHANGED } from '../channel.ts'
import { SLOTS } from '../slot.ts'

/** The first half of the advisory lock keys; the second is a slot or `MEMBER`. Locks are per database. */
const CLASS = 0x6f626f78
const MEMBER = SLOTS

/** Every relay holds the member lock, shared, for as long as its session lives: its sign of life. */
export const joinMembers = async (client: pg.Client): Promise<void> => {
  await client.query('SELECT pg_advisory_lock_shared($1, $2)', [CLASS, MEMBER])
  await announceMembersChanged(client)
}

export const announceMembersChanged = async (client: pg.Client): Promise<void> => {
  await client.query('SELECT pg_notify($1, $2)', [CHANNEL, MEMBERS_CHANGED])
}

export const countMembers = async (client: pg.Client): Promise<number> => {
  const { rows } = await client.query<{ members: number }>(
    `SELECT count(*)::int AS members FROM pg_locks
      WHERE locktype = 'advisory' AND granted AND classid = $1::int::oid AND objid = $2::int::oid
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [CLASS, MEMBER],
  )
  return rows[0]!.members
}

/** Locks at most `count` of the given slots, those that nobody holds, and answers which. */
export const lockSlots = async (client: pg.Client, slots: readonly number[], count: number): Promise<number[]> => {
  const { rows } = await client.query<{ slot: number }>(
    'SELECT slot FROM unnest($2::int[]) AS slot WHERE pg_try_advisory_lock($1, slot) LIMIT $3',
    [CLASS, slots, count],
  )
  return rows.map(({ slot }) => slot)
}

export const unlockSlots = async (client: pg.Client, slots: readonly number[]): Promise<void> => {
  await client.query('SELECT pg_advisory_unlock($1, slot) FROM unnest($2::int[]) AS slot', [CLASS, slots])
  await announceMembersChanged(client)
}

/** Gives up everything at once, so that the others need not wait for the session to end. */
export const leaveMembers = async (client: pg.Client): Promise<void> => {
  await client.query('SELECT pg_advisory_unlock_all()')
  await announceMembersChanged(client)
}
