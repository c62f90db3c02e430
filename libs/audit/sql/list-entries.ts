import type { Sql } from '#libs/database'
import type { AuditEntry } from '../entry.ts'

export interface AuditFilter {
  readonly actor?: string | undefined
  /** The thing itself, or what its name begins with, e.g. `order/`. */
  readonly target?: string | undefined
  /** Instants, both inclusive. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

/** One page of the trail, the youngest entry first, before the one numbered `before`. */
export const listEntries = (
  sql: Sql,
  { actor, target, from, to }: AuditFilter,
  before: bigint | undefined,
  limit: number,
): Promise<AuditEntry[]> =>
  sql.query(
    `SELECT seq, at, actor, action, target, reason, outcome, detail, previous_hash AS "previousHash", hash
       FROM audit_entries
      WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR starts_with(target, $2))
        AND ($3::timestamptz IS NULL OR at >= $3::timestamptz) AND ($4::timestamptz IS NULL OR at <= $4::timestamptz)
        AND ($5::bigint IS NULL OR seq < $5::bigint)
      ORDER BY seq DESC LIMIT $6::int`,
    actor ?? null,
    target ?? null,
    from ?? null,
    to ?? null,
    before ?? null,
    limit,
  )
