import type { Sql } from '#libs/database'
import type { Completed } from '../idempotency-keys.ts'

/** Stores responses under keys that are free or expired, and answers how many those were. */
export const insertResponses = (sql: Sql, rows: readonly Completed[], now: Date): Promise<number> =>
  sql.execute(
    `INSERT INTO idempotency_keys AS k (scope, key, fingerprint, status, headers, body, created_at, expires_at)
     SELECT scope, key, fingerprint, status, headers::json, body::json, $8::timestamptz, expires_at
       FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::timestamptz[])
            AS completed(scope, key, fingerprint, status, headers, body, expires_at)
     ON CONFLICT (scope, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
            body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at
      WHERE k.expires_at <= excluded.created_at`,
    rows.map(({ request }) => request.scope),
    rows.map(({ request }) => request.key),
    rows.map(({ request }) => request.fingerprint),
    rows.map(({ response }) => response.status),
    rows.map(({ response }) => JSON.stringify(response.headers)),
    rows.map(({ response }) => JSON.stringify(response.body ?? null)),
    rows.map(({ expiresAt }) => expiresAt),
    now,
  )
