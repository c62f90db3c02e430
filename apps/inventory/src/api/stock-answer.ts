import { sku as skuSchema } from '#libs/contracts'
import type { Sql } from '#libs/database'
import { Problem } from '#libs/http'
import type { Quantities } from '../domain/movements.ts'
import { available } from '../domain/stock.ts'
import { readLevels } from '../sql/read-levels.ts'

/** A product and its level as last committed, by the SKU in an address; a 404 problem when there is no such product. */
export const productOf = async (sql: Sql, sku: string) => {
  const [level] = skuSchema.safeParse(sku).success ? await readLevels(sql, sku) : []
  if (level === undefined) throw unknownSku(sku)
  return level
}

export const levelAnswer = ({ onHand, reserved }: Quantities) => ({
  onHand,
  reserved,
  available: available({ onHand, reserved }),
})

export const unknownSku = (sku: string): Problem =>
  new Problem(404, { type: 'unknown-sku', title: 'Unknown product', detail: `no product has the SKU ${sku}` })
