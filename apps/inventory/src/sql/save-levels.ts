import type { Sql } from '#libs/database'
import type { StoredLevel } from './lock-levels.ts'

export const saveLevels = (sql: Sql, levels: readonly StoredLevel[]): Promise<number> =>
  sql.execute(
    `UPDATE stock_levels s SET on_hand = n.on_hand, reserved = n.reserved, version = n.version
     FROM unnest($1::text[], $2::int[], $3::int[], $4::int[]) AS n (sku, on_hand, reserved, version)
     WHERE s.sku = n.sku`,
    levels.map(({ sku }) => sku),
    levels.map(({ onHand }) => onHand),
    levels.map(({ reserved }) => reserved),
    levels.map(({ version }) => version),
  )
