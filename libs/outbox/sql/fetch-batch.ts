import type { RelayConnection } from '../relay-connection.ts'

export interface OutboxRecord {
  readonly id: string
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
  /** When it was inserted, milliseconds since 1970 by the server's clock. */
  readonly insertedMs: number
}

/** The oldest `limit` rows of the slots, without those that are on their way. */
export const fetchBatch = (
  connection: RelayConnection,
  slots: readonly number[],
  onTheirWay: readonly string[],
  limit: number,
): Promise<OutboxRecord[]> =>
  connection.query({
    name: 'fetch',
    text: `SELECT id, topic, key, value, headers, extract(epoch FROM created_at)::float8 * 1000 AS "insertedMs"
             FROM outbox
            WHERE slot = ANY($1::smallint[]) AND id <> ALL($2::bigint[])
            ORDER BY id
            LIMIT $3`,
    values: [slots, onTheirWay, limit],
  })
