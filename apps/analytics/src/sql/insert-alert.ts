import type { Sql } from '#libs/database'
import type { ConversionAlert } from '../domain/conversion-alert.ts'

/** False when it is there already. */
export const insertAlert = async (sql: Sql, alert: ConversionAlert): Promise<boolean> => {
  const inserted = await sql.execute(
    `INSERT INTO alerts (id, alert, at) VALUES ($1, $2::json, now()) ON CONFLICT (id) DO NOTHING`,
    alert.id,
    JSON.stringify(alert),
  )
  return inserted === 1
}
