import type { Sql } from '#libs/database'
import type { Asked } from '../parked-keys.ts'

/** Which of the keys have a parked message that later ones must wait for. */
export const heldBackKeys = (sql: Sql, asked: readonly Asked[]): Promise<{ topic: string; key: string }[]> =>
  sql.query(
    `SELECT DISTINCT asked.topic, asked.key
       FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (consumer, topic, key)
       JOIN parked_messages parked
         ON parked.consumer = asked.consumer AND parked.topic = asked.topic AND parked.key = decode(asked.key, 'base64')
        AND parked.blocks_key`,
    asked.map(({ consumer }) => consumer),
    asked.map(({ topic }) => topic),
    asked.map(({ key }) => key),
  )
