import type { Sql } from '#libs/database'

/** What became of a delivery by one attempt. */
export interface AttemptRow {
  readonly id: string
  readonly state: 'pending' | 'delivered' | 'failed'
  /** Until the next one, milliseconds; 0 at its end. */
  readonly inMs: number
  readonly status: number | null
  readonly error: string | null
  /** A question by mail that went out with this attempt. */
  readonly isSent: boolean
}

/** Answers those that were still ours to record. */
export const recordAttempts = async (
  sql: Sql,
  owner: string,
  rows: readonly AttemptRow[],
  now: Date,
): Promise<ReadonlySet<string>> => {
  const recorded = await sql.query<{ id: string }>(
    `UPDATE subscription_deliveries d
        SET state = new.state, attempts = d.attempts + CASE WHEN d.sent_at IS NULL THEN 1 ELSE 0 END, leased_by = NULL, last_status = new.status,
            last_error = new.error, due_at = clock_timestamp() + new.in_ms * interval '1 millisecond',
            ended_at = CASE WHEN new.state <> 'pending' THEN $7::timestamptz END,
            sent_at = CASE WHEN new.sent THEN $7::timestamptz ELSE d.sent_at END
       FROM unnest($2::text[], $3::text[], $4::float8[], $5::int[], $6::text[], $8::boolean[])
            AS new(id, state, in_ms, status, error, sent)
      WHERE d.id = new.id::uuid AND d.leased_by = $1 AND d.state = 'pending'
     RETURNING d.id`,
    owner,
    rows.map(({ id }) => id),
    rows.map(({ state }) => state),
    rows.map(({ inMs }) => inMs),
    rows.map(({ status }) => status),
    rows.map(({ error }) => error),
    now,
    rows.map(({ isSent }) => isSent),
  )
  return new Set(recorded.map(({ id }) => id))
}

/** These have answered: whatever waits for them since they did not is due, but for a question that waits for its reader. */
export const recordRecovered = async (sql: Sql, subscriptionIds: readonly string[]): Promise<void> => {
  await sql.execute(
    `WITH recovered AS (
       UPDATE subscriptions SET failures = 0, failing_since = NULL, retry_at = NULL
        WHERE id = ANY($1::uuid[]) AND failing_since IS NOT NULL
       RETURNING id)
     UPDATE subscription_deliveries d SET due_at = clock_timestamp() FROM recovered
      WHERE d.subscription_id = recovered.id AND d.state = 'pending' AND d.leased_by IS NULL
        AND d.sent_at IS NULL`,
    subscriptionIds,
  )
}

export interface Failing {
  readonly id: string
  readonly to: 'webhook' | 'email' | 'queue'
  readonly state: 'confirming' | 'active'
  readonly failingSince: Date
}

/** So often these have failed; after `suspicious` failures in a row they are left alone for ever longer. */
export const recordFailing = (
  sql: Sql,
  counts: ReadonlyMap<string, number>,
  { suspicious, firstMs, longestMs }: { suspicious: number; firstMs: number; longestMs: number },
  now: Date,
): Promise<Failing[]> =>
  sql.query(
    `UPDATE subscriptions s
        SET failures = s.failures + new.count, failing_since = coalesce(s.failing_since, $6::timestamptz),
            retry_at = CASE WHEN s.failures + new.count >= $3::int THEN clock_timestamp() + interval '1 millisecond'
              * least($4::float8 * 2 ^ least(s.failures + new.count - $3::int, 20), $5::float8) END
       FROM unnest($1::text[], $2::int[]) AS new(id, count)
      WHERE s.id = new.id::uuid AND s.state <> 'off'
     RETURNING s.id, s.deliver ->> 'to' AS "to", s.state, s.failing_since AS "failingSince"`,
    [...counts.keys()],
    [...counts.values()],
    suspicious,
    firstMs,
    longestMs,
    now,
  )

/** Its endpoint wants to be told: from now on it is. */
export const recordConfirmed = async (sql: Sql, subscriptionIds: readonly string[], now: Date): Promise<number> =>
  sql.execute(
    `UPDATE subscriptions SET state = 'active', off_reason = NULL, active_since = $2, confirmed_at = $2,
            confirm_by = NULL, updated_at = $2, failures = 0, failing_since = NULL, retry_at = NULL
      WHERE id = ANY($1::uuid[]) AND state = 'confirming'`,
    subscriptionIds,
    now,
  )

export const recordSwitchedOff = async (sql: Sql, subscriptionId: string, reason: string, now: Date): Promise<number> =>
  sql.execute(
    `UPDATE subscriptions SET state = 'off', off_reason = $2, confirm_by = NULL, updated_at = $3
      WHERE id = $1::uuid AND state <> 'off'`,
    subscriptionId,
    reason,
    now,
  )
