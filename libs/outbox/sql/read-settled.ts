import type { OutboxRecord } from '../hand-over.ts'
import type { RelayConnection } from '../relay-connection.ts'
import { COLUMNS, type FetchedRow, outboxRecord } from './fetch-batch.ts'

export interface Settled {
  readonly through: bigint
  /** All rows up to `through`; no other will appear there any more. */
  readonly batch: OutboxRecord[]
}

/**
 * Reads all rows up to the last id that was drawn; undefined when there are `limit` or more, or when somebody was
 * writing just now, so that it cannot be said that these are all.
 *
 * Three statements, one after the other, each on what it finds: first the last id that was drawn, then whether anybody
 * holds a writer's lock on the table, which a transaction takes before it draws an id and keeps until its end. When
 * nobody does, whoever drew an id up to the first is through, and the third sees what it left.
 */
export const readSettled = async (connection: RelayConnection, limit: number): Promise<Settled | undefined> => {
  const [sequence, writers, rows] = await connection.queries(
    'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM outbox_id_seq',
    `SELECT FROM pg_locks WHERE relation = 'outbox'::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    `SELECT ${COLUMNS} FROM outbox ORDER BY id LIMIT ${limit}`,
  )
  if (writers!.length > 0 || rows!.length >= limit) return undefined
  const through = BigInt(sequence![0]!.last as string)
  // What was committed since is handed over, or found by the next look.
  return { through, batch: (rows as FetchedRow[]).map(outboxRecord).filter(({ id }) => id <= through) }
}
