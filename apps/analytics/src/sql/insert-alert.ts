import type { Sql } from '#libs/database'
import type { ConversionAlert } from '../domain/conversion-alert.ts'
import type { SellOutAlert } from '../domain/sell-out-alert.ts'

/** The value of a record of `analytics-alerts`. */
export type Alert = ConversionAlert | SellOutAlert

/** False when it is there already. */
export const insertAlert = async (sql: Sql, alert: Alert): Promise<boolean> => {
  const inserted = await sql.execute(
    `INSERT INTO alerts (id, alert, at) VALUES ($1, $2::json, now()) ON CONFLICT (id) DO NOTHING`,
    alert.id,
    JSON.stringify(alert),
  )
  return inserted === 1
}
