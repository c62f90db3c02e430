import type { Sql } from '#libs/database'
import type { StoredEvent } from '../event.ts'
import { COLUMNS, type StoredRow, storedEvent } from './stored-row.ts'

/** A place in the order of the whole store: the transaction, then the event's place in it. */
export interface GlobalPosition {
  readonly transaction: bigint
  readonly sequence: bigint
}

/** Before the first event. */
export const START: GlobalPosition = { transaction: 0n, sequence: 0n }

export interface RecordedEvent extends StoredEvent {
  readonly position: GlobalPosition
}

interface RecordedRow extends StoredRow {
  readonly transaction_id: bigint
  readonly global_position: bigint
}

/**
 * The next `limit` events of the whole store after a position, without ever skipping one.
 *
 * A sequence alone cannot promise that: the transaction with the smaller number may commit later. So the order is by
 * transaction first, and nothing is shown of a transaction unless it is older than every one that still runs: whatever
 * commits later sorts after everything shown so far. Within a stream this is the order of its versions, too, because
 * an event never sorts under an older transaction than the event before it (append-events.ts).
 */
export const readAll = async (sql: Sql, after: GlobalPosition, limit: number): Promise<RecordedEvent[]> => {
  const rows = await sql.query<RecordedRow>(
    `SELECT ${COLUMNS}, transaction_id, global_position FROM events
      WHERE (transaction_id, global_position) > ($1::bigint, $2::bigint)
        AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      ORDER BY transaction_id, global_position
      LIMIT $3::int`,
    after.transaction,
    after.sequence,
    limit,
  )
  return rows.map((row) => ({
    ...storedEvent(row),
    position: { transaction: row.transaction_id, sequence: row.global_position },
  }))
}
