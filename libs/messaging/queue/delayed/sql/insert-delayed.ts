import type { Sql } from '#libs/database'
import { storableText } from '#libs/database'
import { headersText } from '../../../parking/sql/insert-parked.ts'
import type { NewDelayedMessage } from '../delayed-message.ts'

export const insertDelayed = (sql: Sql, messages: readonly NewDelayedMessage[]): Promise<number> => {
  const column = <T>(value: (message: NewDelayedMessage) => T): T[] => messages.map(value)
  return sql.execute(
    `INSERT INTO delayed_messages (queue, message_id, topic, partition, "offset", key, headers, value, attempts, error,
                                   due_at)
     SELECT queue, message_id, topic, partition, "offset"::bigint, decode(key, 'base64'), headers,
            decode(value, 'base64'), attempts, error, due_at::timestamptz
       FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
                   $9::int[], $10::text[], $11::text[])
            AS delayed (queue, message_id, topic, partition, "offset", key, headers, value, attempts, error, due_at)
     ON CONFLICT (queue, message_id) DO NOTHING`,
    column(({ queue }) => queue),
    column(({ messageId }) => storableText(messageId)),
    column(({ position }) => position.topic),
    column(({ position }) => position.partition),
    column(({ position }) => String(position.offset)),
    column(({ raw }) => raw.key?.toString('base64') ?? null),
    column(({ raw }) => headersText(raw)),
    column(({ raw }) => raw.value?.toString('base64') ?? null),
    column(({ attempts }) => attempts),
    column(({ error }) => error),
    column(({ dueAt }) => dueAt.toISOString()),
  )
}
