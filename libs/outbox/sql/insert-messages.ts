import type { Sql } from '#libs/database'
import { CHANNEL } from '../channel.ts'
import type { OutboxRow } from '../outbox.ts'

/** Inserts rows in the order given, and tells the relays of other processes at the commit if asked to. */
export const insertMessages = (
  sql: Sql,
  rows: readonly OutboxRow[],
  { notify }: { notify: boolean },
): Promise<number> =>
  sql.execute(
    `WITH added AS (
       INSERT INTO outbox (slot, topic, key, value, headers)
       SELECT slot, topic, key, value, headers::json
         FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[])
              WITH ORDINALITY AS message(slot, topic, key, value, headers, place)
        ORDER BY place
     )
     SELECT CASE WHEN $6::boolean THEN pg_notify('${CHANNEL}', '')::text END`,
    rows.map(({ slot }) => slot),
    rows.map(({ topic }) => topic),
    rows.map(({ record }) => record.key),
    rows.map(({ record }) => record.value),
    rows.map(({ record }) => JSON.stringify(record.headers)),
    notify,
  )
