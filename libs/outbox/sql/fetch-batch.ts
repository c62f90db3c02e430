import type { OutboxRecord } from '../hand-over.ts'
import type { RelayConnection } from '../relay-connection.ts'

export const COLUMNS = 'id, topic, key, value, headers, extract(epoch FROM created_at)::float8 * 1000 AS "insertedMs"'

export interface FetchedRow extends Omit<OutboxRecord, 'id'> {
  /** A bigint, as the driver reads it. */
  readonly id: string
}

export const outboxRecord = (row: FetchedRow): OutboxRecord => ({ ...row, id: BigInt(row.id) })

/** The oldest `limit` rows of the slots, without those that are on their way. */
export const fetchBatch = async (
  connection: RelayConnection,
  slots: readonly number[],
  onTheirWay: readonly bigint[],
  limit: number,
): Promise<OutboxRecord[]> => {
  const rows = await connection.query<FetchedRow>({
    name: 'fetch',
    text: `SELECT ${COLUMNS}
             FROM outbox
            WHERE slot = ANY($1::smallint[]) AND id <> ALL($2::bigint[])
            ORDER BY id
            LIMIT $3`,
    values: [slots, onTheirWay.map(String), limit],
  })
  return rows.map(outboxRecord)
}
