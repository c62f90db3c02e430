import { hash } from 'node:crypto'
import type { ReceivedRecord } from '#libs/contracts'
import { type Sql, storableText } from '#libs/database'
import { attemptLine } from '../attempt-log.ts'
import type { NewParkedMessage } from '../parked-message.ts'

/**
 * Parks messages in the order given. One that is parked already, because its offset was not committed before a crash,
 * is left as it is. It is known by what it says as well as by its place: in a topic that was created anew, or on
 * another Kafka, a place is taken by another message. One that was settled once and comes again, long after, is parked
 * again.
 */
export const insertParked = async (
  sql: Sql,
  consumer: string,
  parked: readonly NewParkedMessage[],
  now: Date,
): Promise<void> => {
  const column = <T>(value: (p: NewParkedMessage) => T): T[] => parked.map(value)
  await sql.execute(
    `INSERT INTO parked_messages (consumer, topic, partition, "offset", key, message_id, type, headers, value,
                                  reason, error, attempts, status, blocks_key, next_attempt_at, digest, order_id, attempt_log)
     SELECT $1, topic, partition, "offset"::bigint, decode(key, 'base64'), message_id, type, headers,
            decode(value, 'base64'), reason, error, attempts, status, blocks_key, next_attempt_at::timestamptz, digest,
            order_id, attempt_log
       FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                   $10::text[], $11::text[], $12::int[], $13::text[], $14::boolean[], $15::text[], $16::text[], $17::text[], $18::text[])
            WITH ORDINALITY AS parked (topic, partition, "offset", key, message_id, type, headers, value,
                                       reason, error, attempts, status, blocks_key, next_attempt_at, digest, order_id,
                                       attempt_log, position)
      ORDER BY position
     ON CONFLICT (consumer, topic, partition, "offset", digest) DO UPDATE
        SET reason = excluded.reason, error = excluded.error, attempts = excluded.attempts, status = excluded.status,
            blocks_key = excluded.blocks_key, next_attempt_at = excluded.next_attempt_at, settled_at = NULL,
            resolution = NULL, worked_by = NULL, redrive_id = NULL, redrive_released = false
      WHERE parked_messages.status = 'settled'`,
    consumer,
    column((p) => p.record.position.topic),
    column((p) => p.record.position.partition),
    column((p) => String(p.record.position.offset)),
    column((p) => p.record.raw.key?.toString('base64') ?? null),
    column((p) => header(p, 'ce_id')),
    column((p) => header(p, 'ce_type')),
    column(headersOf),
    column((p) => p.record.raw.value?.toString('base64') ?? null),
    column((p) => p.reason),
    column((p) => p.error),
    column((p) => p.attempts),
    column((p) => p.status),
    column((p) => p.blocksKey),
    column((p) => p.nextAttemptAt?.toISOString() ?? null),
    column((p) => digestOfRecord(p.record.raw)),
    column((p) => header(p, 'correlationid')),
    column((p) => (p.attempts === 0 ? '' : attemptLine(p, now))),
  )
}

const header = (parked: NewParkedMessage, name: string): string | null => {
  const value = parked.record.raw.headers?.[name]
  return value === undefined || value === null ? null : storableText(String(value))
}

const headersOf = ({ record }: Pick<NewParkedMessage, 'record'>): string => headersText(record.raw)

export const headersText = ({ headers }: ReceivedRecord): string => JSON.stringify(headers ?? {}, asText)

/** Of what the record holds. */
export const digestOf = ({ record }: Pick<NewParkedMessage, 'record'>): string => digestOfRecord(record.raw)

export const digestOfRecord = (raw: ReceivedRecord): string =>
  hash('sha1', `${raw.key?.toString('base64')} ${raw.value?.toString('base64')} ${headersText(raw)}`)

/** Header values are bytes that are meant to be text. A Buffer reaches a replacer as what its `toJSON` made of it. */
const asText = (_name: string, value: unknown): unknown =>
  (value as { type?: unknown } | null)?.type === 'Buffer'
    ? Buffer.from((value as { data: number[] }).data).toString('utf8')
    : value
