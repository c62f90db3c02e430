import type { Sql } from '#libs/database'
import type { Destination, Secret } from '../../domain/subscriptions/subscription.ts'

/** A delivery that a worker has the lease of, with all that it takes to make it. */
export interface DueDelivery {
  readonly id: string
  readonly subscriptionId: string
  readonly kind: 'event' | 'confirm'
  readonly attempts: number
  readonly giveUpAt: Date
  /** Of a question by mail that went out: whose turn it is now because nobody has said yes. */
  readonly sentAt: Date | null
  readonly deliver: Destination
  readonly secrets: readonly Secret[]
  /** Null of a question, and of an event that is kept no longer. */
  readonly event: SubscribedEvent | null
}

export interface SubscribedEvent {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly key: string
  readonly correlationId: string
  /** ISO 8601. */
  readonly time: string
  readonly data: unknown
}

export interface Claim {
  readonly owner: string
  readonly leaseMs: number
  /** Deliveries to one subscriber at the same time. */
  readonly inFlight: number
  /** After so many failures in a row it is one. */
  readonly suspicious: number
  /** How many this worker has under way, by subscription. */
  readonly busy: ReadonlyMap<string, number>
}

/**
 * Leases what is due, of each subscription as much as it has room for; where order is asked for, of each key the first that
 * is owed. Workers that claim at the same moment skip each other's rows.
 */
export const claimDeliveries = (
  sql: Sql,
  { owner, leaseMs, inFlight, suspicious, busy }: Claim,
): Promise<DueDelivery[]> =>
  sql.query(
    `WITH due AS (
       SELECT d.id, d.event_id, s.deliver, s.secrets
         FROM (SELECT s.id, s.state, s.deliver, s.secrets, coalesce((s.deliver ->> 'ordered')::bool, false) AS ordered,
                      CASE WHEN s.failures >= $4::int THEN 1 ELSE $3::int END - coalesce(busy.count, 0) AS room
                 FROM subscriptions s
                 LEFT JOIN unnest($5::text[], $6::int[]) AS busy(id, count) ON busy.id = s.id::text
                WHERE s.state <> 'off' AND (s.retry_at IS NULL OR s.retry_at <= clock_timestamp())) s
        CROSS JOIN LATERAL (
          SELECT d.id, d.event_id FROM subscription_deliveries d
           WHERE d.subscription_id = s.id AND d.state = 'pending' AND d.due_at <= clock_timestamp()
             AND (s.state = 'active' OR d.kind = 'confirm')
             AND NOT (s.ordered AND EXISTS (
                   SELECT FROM subscription_deliveries earlier
                    WHERE earlier.subscription_id = s.id AND earlier.event_key = d.event_key
                      AND earlier.state = 'pending' AND earlier.seq < d.seq))
           ORDER BY d.due_at, d.seq LIMIT greatest(s.room, 0)
           FOR UPDATE SKIP LOCKED) d
     )
     UPDATE subscription_deliveries d
        SET due_at = clock_timestamp() + $2::int * interval '1 millisecond', leased_by = $1
       FROM due LEFT JOIN subscribed_events e ON e.id = due.event_id
      WHERE d.id = due.id
     RETURNING d.id, d.subscription_id AS "subscriptionId", d.kind, d.attempts, d.give_up_at AS "giveUpAt",
               d.sent_at AS "sentAt", due.deliver, due.secrets,
               CASE WHEN e.id IS NOT NULL THEN json_build_object(
                 'id', e.id, 'type', e.type, 'subject', e.subject, 'key', e.key, 'correlationId', e.correlation_id,
                 'time', to_char(e.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', e.data) END AS event`,
    owner,
    leaseMs,
    inFlight,
    suspicious,
    [...busy.keys()],
    [...busy.values()],
  )

/** Milliseconds until something may be claimed; undefined when nothing is owed. */
export const nextDelivery = async (sql: Sql): Promise<number | undefined> => {
  const [row] = await sql.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM min(greatest(d.due_at, s.retry_at)) - clock_timestamp()) * 1000)::float8 AS ms
       FROM subscriptions s CROSS JOIN LATERAL (
         SELECT due_at FROM subscription_deliveries d
          WHERE d.subscription_id = s.id AND d.state = 'pending' AND (s.state = 'active' OR d.kind = 'confirm')
          ORDER BY due_at LIMIT 1) d
      WHERE s.state <> 'off'`,
  )
  return row?.ms ?? undefined
}

/** Gives back what was not carried out, so that another worker may have it at once. */
export const releaseDeliveries = async (sql: Sql, owner: string): Promise<void> => {
  await sql.execute(
    `UPDATE subscription_deliveries SET due_at = clock_timestamp(), leased_by = NULL
      WHERE leased_by = $1 AND state = 'pending' AND subscription_id IN (SELECT id FROM subscriptions)`,
    owner,
  )
}
