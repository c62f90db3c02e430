import type { Sql } from '#libs/database'
import type { OutboxRow } from '../outbox.ts'

/** Inserts rows in the order given, and answers their ids in that order; in one row, since a row is dear to read. */
export const insertMessages = async (sql: Sql, rows: readonly OutboxRow[]): Promise<bigint[]> => {
  const [inserted] = await sql.query<{ ids: string }>(
    `WITH inserted AS (
       INSERT INTO outbox (slot, topic, key, value, headers)
       SELECT slot, topic, key, value, headers::json
         FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[])
              WITH ORDINALITY AS message(slot, topic, key, value, headers, place)
        ORDER BY place
       RETURNING id
     )
     SELECT string_agg(id::text, ' ' ORDER BY id) AS ids FROM inserted`,
    rows.map(({ slot }) => slot),
    rows.map(({ topic }) => topic),
    rows.map(({ record }) => record.key),
    rows.map(({ record }) => record.value),
    rows.map(({ record }) => JSON.stringify(record.headers)),
  )
  return inserted!.ids.split(' ').map(BigInt)
}
