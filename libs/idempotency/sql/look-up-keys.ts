import type { Sql } from '#libs/database'
import type { IdempotentRequest, StoredResponse } from '../idempotency-keys.ts'

export interface LookedUp {
  readonly scope: string
  readonly key: string
  readonly stored: { readonly fingerprint: string; readonly response: StoredResponse } | null
  /** Whether this transaction may carry the request out: no other one is doing so. */
  readonly locked: boolean
}

interface Row {
  readonly scope: string
  readonly key: string
  readonly locked: boolean
  readonly fingerprint: string | null
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: unknown
}

/** Finds what was answered to each request, and tries to lock, without waiting, those that were never carried out. */
export const lookUpKeys = async (sql: Sql, requests: readonly IdempotentRequest[], now: Date): Promise<LookedUp[]> => {
  const rows = await sql.query<Row>(
    `SELECT request.scope, request.key, k.fingerprint, k.status, k.headers, k.body,
            CASE WHEN k.key IS NULL
                 THEN pg_try_advisory_xact_lock(hashtextextended(request.scope || chr(10) || request.key, 0))
                 ELSE false END AS locked
       FROM unnest($1::text[], $2::text[]) AS request(scope, key)
       LEFT JOIN LATERAL (
              SELECT * FROM idempotency_keys
               WHERE scope = request.scope AND key = request.key AND expires_at > $3::timestamptz LIMIT 1) k ON true`,
    requests.map(({ scope }) => scope),
    requests.map(({ key }) => key),
    now,
  )
  return rows.map(({ scope, key, locked, fingerprint, status, headers, body }) => ({
    scope,
    key,
    locked,
    stored: fingerprint === null ? null : { fingerprint, response: { status, headers, body } },
  }))
}
