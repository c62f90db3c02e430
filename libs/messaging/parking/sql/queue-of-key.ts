import type { Sql } from '#libs/database'
import type { ParkedMessage } from '../parked-message.ts'

/** The parked messages of a key that hold others back, in order. */
export const queueOfKey = (
  sql: Sql,
  consumer: string,
  topic: string,
  key: Uint8Array,
  limit: number,
): Promise<ParkedMessage[]> =>
  sql.query(
    `SELECT id, topic, partition, "offset", key, headers, value, status, attempts, digest
       FROM parked_messages
      WHERE consumer = $1 AND topic = $2 AND key = decode($3, 'base64') AND blocks_key
      ORDER BY id
      LIMIT $4::int`,
    consumer,
    topic,
    Buffer.from(key).toString('base64'),
    limit,
  )
