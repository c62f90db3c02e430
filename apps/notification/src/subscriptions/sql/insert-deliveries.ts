import type { AnyMessage } from '#libs/contracts'
import type { Sql } from '#libs/database'

export interface NewDelivery {
  readonly id: string
  readonly subscriptionId: string
  readonly kind: 'event' | 'confirm'
  readonly eventId: string | null
  readonly eventType: string
  readonly eventKey: string
  /** Of a queue: the outbox sees to it. */
  readonly isDone: boolean
  /** Of a question by mail: the hash of whom it asks. */
  readonly askedAddress?: string
}

export const insertEvents = async (sql: Sql, messages: readonly AnyMessage[], now: Date): Promise<void> => {
  await sql.execute(
    `INSERT INTO subscribed_events (id, type, subject, key, correlation_id, time, data, created_at)
     SELECT id, type, subject, key, correlation, time::timestamptz, data::json, $8
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
         AS new(id, type, subject, key, correlation, time, data)
     ON CONFLICT DO NOTHING`,
    messages.map(({ id }) => id),
    messages.map(({ type }) => type),
    messages.map(({ subject }) => subject),
    messages.map(({ key }) => key),
    messages.map(({ correlationId }) => correlationId),
    messages.map(({ time }) => time),
    messages.map(({ data }) => JSON.stringify(data)),
    now,
  )
}

/** In this order; one that is there already is the same delivery. */
export const insertDeliveries = async (
  sql: Sql,
  deliveries: readonly NewDelivery[],
  now: Date,
  giveUpMs: number,
): Promise<void> => {
  await sql.execute(
    `INSERT INTO subscription_deliveries (id, subscription_id, kind, event_id, event_type, event_key, state, attempts,
                                          due_at, give_up_at, ended_at, created_at, asked_address)
     SELECT id::uuid, subscription::uuid, kind, event, type, key, CASE WHEN done THEN 'delivered' ELSE 'pending' END,
            CASE WHEN done THEN 1 ELSE 0 END, clock_timestamp(), $9::timestamptz,
            CASE WHEN done THEN $8::timestamptz END, $8::timestamptz, asked
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $10::text[])
            WITH ORDINALITY AS new(id, subscription, kind, event, type, key, done, asked, place)
      ORDER BY place
     ON CONFLICT DO NOTHING`,
    deliveries.map(({ id }) => id),
    deliveries.map(({ subscriptionId }) => subscriptionId),
    deliveries.map(({ kind }) => kind),
    deliveries.map(({ eventId }) => eventId),
    deliveries.map(({ eventType }) => eventType),
    deliveries.map(({ eventKey }) => eventKey),
    deliveries.map(({ isDone }) => isDone),
    now,
    new Date(now.getTime() + giveUpMs),
    deliveries.map(({ askedAddress }) => askedAddress ?? null),
  )
}
