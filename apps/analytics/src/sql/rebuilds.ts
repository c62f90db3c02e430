import type { Sql } from '#libs/database'

export type RebuildSource = 'archive' | 'topic'

export interface Rebuild {
  /** Of the windows that it fills. */
  readonly generation: number
  readonly state: 'running' | 'served' | 'cancelled' | 'failed'
  readonly source: RebuildSource
  readonly requestedAt: Date
  readonly endedAt: Date | null
  /** How often it was begun: it begins again when the process that works on it is gone. */
  readonly attempt: number
  /** Of the events that there are up to now. */
  readonly events: number
  readonly ofEvents: number | null
  readonly detail: string | null
}

/** What a process works on: as long as nobody else has claimed it, and nobody has cancelled it. */
export interface Claim {
  readonly generation: number
  readonly source: RebuildSource
  readonly attempt: number
}

/** Whoever has said nothing for so long is dead, or frozen, and then it writes nothing any more. */
const LEASE = `interval '15 seconds'`
const REMEMBERED = 20

/** The rebuild was cancelled, or another process works on it: nothing more may be written. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

/** The generation to be filled; undefined when one is being filled. */
export const requestRebuild = async (sql: Sql, source: RebuildSource): Promise<number | undefined> => {
  const [row] = await sql.query<{ generation: number }>(
    `INSERT INTO rebuilds (generation, state, source, requested_at)
     SELECT 1 + greatest(max(rebuilds.generation), (SELECT served.generation FROM served_generation AS served)),
            'running', $1, now() FROM rebuilds
     ON CONFLICT DO NOTHING RETURNING generation`,
    source,
  )
  if (row !== undefined)
    await sql.execute('DELETE FROM rebuilds WHERE generation <= $1::int', row.generation - REMEMBERED)
  return row?.generation
}

/** The generation that will not be; undefined when none is being filled. */
export const cancelRebuild = async (sql: Sql): Promise<number | undefined> => {
  const [row] = await sql.query<{ generation: number }>(
    `UPDATE rebuilds SET state = 'cancelled', ended_at = now() WHERE state = 'running' RETURNING generation`,
  )
  return row?.generation
}

/** The rebuild that nobody works on; that of a predecessor of this process is nobody's. */
export const claimRebuild = async (sql: Sql, worker: string): Promise<Claim | undefined> => {
  const [row] = await sql.query<Claim>(
    `UPDATE rebuilds SET attempt = attempt + 1, worker = $1, leased_until = now() + ${LEASE}, events = 0, of_events = NULL
      WHERE state = 'running' AND (worker IS NULL OR worker = $1 OR leased_until < now())
     RETURNING generation, source, attempt`,
    worker,
  )
  return row
}

const isMine = `generation = $1::int AND attempt = $2::int AND state = 'running'`

/** @throws ClaimLost */
export const renewClaim = async (
  sql: Sql,
  { generation, attempt }: Claim,
  progress: { readonly events: number; readonly ofEvents: number },
): Promise<void> => {
  const renewed = await sql.execute(
    `UPDATE rebuilds SET leased_until = now() + ${LEASE}, events = $3::bigint, of_events = $4::bigint WHERE ${isMine}`,
    ...[generation, attempt, String(progress.events), String(progress.ofEvents)],
  )
  if (renewed === 0) throw new ClaimLost(`generation ${generation} is not ours to fill any more`)
}

/** Until the end of the transaction nobody cancels it or takes it over. @throws ClaimLost */
export const holdClaim = async (tx: Sql, { generation, attempt }: Claim): Promise<void> => {
  const held = await tx.query(`SELECT 1 FROM rebuilds WHERE ${isMine} FOR SHARE`, generation, attempt)
  if (held.length === 0) throw new ClaimLost(`generation ${generation} is not ours to fill any more`)
}

/** @throws ClaimLost */
export const endRebuild = async (
  sql: Sql,
  { generation, attempt }: Claim,
  state: 'served' | 'failed',
  detail?: string,
): Promise<void> => {
  const ended = await sql.execute(
    `UPDATE rebuilds SET state = $3, ended_at = now(), detail = $4 WHERE ${isMine}`,
    ...[generation, attempt, state, detail ?? null],
  )
  if (ended === 0) throw new ClaimLost(`generation ${generation} is not ours to fill any more`)
}

/** The last that was asked for. */
export const readRebuild = async (sql: Sql): Promise<Rebuild | undefined> => {
  const [row] = await sql.query<Rebuild>(
    `SELECT generation, state, source, requested_at AS "requestedAt", ended_at AS "endedAt", attempt,
            events::float8, of_events::float8 AS "ofEvents", detail FROM rebuilds ORDER BY generation DESC LIMIT 1`,
  )
  return row
}
