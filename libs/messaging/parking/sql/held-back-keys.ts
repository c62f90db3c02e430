import type { Sql } from '#libs/database'

/** Which of the keys have a parked message that later ones must wait for. */
export const heldBackKeys = (
  sql: Sql,
  consumer: string,
  topics: readonly string[],
  keys: readonly string[],
): Promise<{ topic: string; key: string }[]> =>
  sql.query(
    `SELECT DISTINCT asked.topic, asked.key
       FROM unnest($2::text[], $3::text[]) AS asked (topic, key)
       JOIN parked_messages parked
         ON parked.consumer = $1 AND parked.topic = asked.topic AND parked.key = decode(asked.key, 'base64')
        AND parked.blocks_key`,
    consumer,
    topics,
    keys,
  )
