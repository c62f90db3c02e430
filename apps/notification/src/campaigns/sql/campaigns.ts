import type { Sql } from '#libs/database'
import type { CampaignState } from '../../domain/campaigns/campaign.ts'

/** Who is told: everybody we know, whom we have told something since, or these. */
export type Segment = 'everybody' | { readonly toldSince: string } | { readonly customerIds: readonly string[] }

export interface Campaign {
  readonly id: string
  readonly template: string
  readonly values: Readonly<Record<string, unknown>>
  readonly segment: Segment
  readonly state: CampaignState
  readonly at: Date
  readonly total: number
  readonly told: number
  readonly createdBy: string
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

const COLUMNS = `id, template, "values", segment, state, at, total, told, created_by AS "createdBy",
  created_at AS "createdAt", started_at AS "startedAt", ended_at AS "endedAt"`

/** Newest first. */
export const listCampaigns = (sql: Sql, limit: number): Promise<Campaign[]> =>
  sql.query(`SELECT ${COLUMNS} FROM campaigns ORDER BY created_at DESC, id LIMIT $1::int`, limit)

export const readCampaign = async (sql: Sql, id: string): Promise<Campaign | undefined> => {
  const [found] = await sql.query<Campaign>(`SELECT ${COLUMNS} FROM campaigns WHERE id = $1::uuid`, id)
  return found
}

export const lockCampaign = async (sql: Sql, id: string): Promise<Campaign | undefined> => {
  const [found] = await sql.query<Campaign>(`SELECT ${COLUMNS} FROM campaigns WHERE id = $1::uuid FOR UPDATE`, id)
  return found
}

/** Those whose time has come, the oldest first. */
export const dueCampaigns = async (sql: Sql, now: Date, limit: number): Promise<string[]> => {
  const rows = await sql.query<{ id: string }>(
    `SELECT id FROM campaigns WHERE state IN ('scheduled', 'running') AND at <= $1 ORDER BY at, id LIMIT $2::int`,
    now,
    limit,
  )
  return rows.map(({ id }) => id)
}

/** The campaign, unless another process works on it at this moment. */
export const takeCampaign = async (sql: Sql, id: string): Promise<Campaign | undefined> => {
  const [found] = await sql.query<Campaign>(
    `SELECT ${COLUMNS} FROM campaigns WHERE id = $1::uuid AND state IN ('scheduled', 'running')
        FOR UPDATE SKIP LOCKED`,
    id,
  )
  return found
}

export const insertCampaign = async (sql: Sql, campaign: Campaign): Promise<void> => {
  const { id, template, values, segment, state, at, total, createdBy, createdAt } = campaign
  await sql.execute(
    `INSERT INTO campaigns (id, template, "values", segment, state, at, total, created_by, created_at)
     VALUES ($1::uuid, $2, $3::json, $4::json, $5, $6, $7::int, $8, $9)`,
    ...[id, template, JSON.stringify(values), JSON.stringify(segment), state, at, total, createdBy, createdAt],
  )
}

export const updateCampaign = async (sql: Sql, campaign: Campaign): Promise<void> => {
  const { id, state, told, startedAt, endedAt } = campaign
  await sql.execute(
    'UPDATE campaigns SET state = $2, told = $3::int, started_at = $4, ended_at = $5 WHERE id = $1::uuid',
    ...[id, state, told, startedAt, endedAt],
  )
}
