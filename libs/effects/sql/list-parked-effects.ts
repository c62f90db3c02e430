import type { Sql } from '#libs/database'
import type { ParkedEffect } from '../parked-effect.ts'

/** Parked effects in the order they were parked, after the one at place `after`. */
export const listParkedEffects = (sql: Sql, after: bigint, limit: number): Promise<ParkedEffect[]> =>
  sql.query(
    `SELECT seq, id, kind, key, payload, cause, outcome, reason, error, parked_at AS "parkedAt"
       FROM parked_effects WHERE seq > $1::bigint ORDER BY seq LIMIT $2::int`,
    after,
    limit,
  )
