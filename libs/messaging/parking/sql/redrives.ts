import type { Sql } from '#libs/database'

/** A redrive, and how far it has come. */
export interface RedriveProgress {
  readonly id: string
  readonly actor: string
  readonly reason: string
  /** JSON. */
  readonly filter: string
  readonly createdAt: Date
  readonly endedAt: Date | null
  readonly total: number
  /** Not released yet. */
  readonly waiting: number
  /** Released, and not done yet. */
  readonly running: number
  readonly handled: number
  /** Dead letters again. */
  readonly dead: number
}

/** The redrive as it stands; undefined when there is none of this id. */
export const findRedrive = async (sql: Sql, consumer: string, id: string): Promise<RedriveProgress | undefined> => {
  const [found] = await sql.query<RedriveProgress>(`${PROGRESS} WHERE r.consumer = $1 AND r.id = $2`, consumer, id)
  return found
}

/** Redrives that have not ended. */
export const openRedrives = (sql: Sql, consumer: string): Promise<RedriveProgress[]> =>
  sql.query(`${PROGRESS} WHERE r.consumer = $1 AND r.ended_at IS NULL ORDER BY r.created_at`, consumer)

/** What came of it is kept with it: the messages themselves are forgotten in time. */
export const endRedrive = (sql: Sql, { id, total, handled, dead }: RedriveProgress, now: Date): Promise<number> =>
  sql.execute(
    `UPDATE redrives SET ended_at = $2::timestamptz, total = $3::int, handled = $4::int, dead = $5::int
      WHERE id = $1 AND ended_at IS NULL`,
    id,
    now,
    total,
    handled,
    dead,
  )

const PROGRESS = `
  SELECT r.id, r.actor, r.reason, r.filter, r.created_at AS "createdAt", r.ended_at AS "endedAt",
         coalesce(r.total, m.total) AS total, m.waiting, m.running, coalesce(r.handled, m.handled) AS handled,
         coalesce(r.dead, m.dead) AS dead
    FROM redrives r
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS total,
             count(*) FILTER (WHERE status = 'dead' AND NOT redrive_released)::int AS waiting,
             count(*) FILTER (WHERE status IN ('retrying', 'queued'))::int AS running,
             count(*) FILTER (WHERE status = 'settled')::int AS handled,
             count(*) FILTER (WHERE status = 'dead' AND redrive_released)::int AS dead
        FROM parked_messages p WHERE p.redrive_id = r.id) m`
