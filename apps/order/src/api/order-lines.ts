import { z } from 'zod'
import { quantity, type StockLine } from '#libs/contracts'
import { Problem } from '#libs/http'
import { type Catalogue, type PricedOrder, price } from '../domain/pricing.ts'

const MAX_LINES = 50

/** Lines with the same SKU are one line: how a client groups what it wants is its own affair. */
export const lines = z
  // What is not in the catalogue is no malformed request, so any text may be a SKU here.
  .array(z.object({ sku: z.string().min(1).max(64), quantity }))
  .min(1)
  .max(MAX_LINES)
  .transform((items, context) => {
    const merged = new Map<string, number>()
    for (const [position, { sku, quantity: more }] of items.entries()) {
      const sum = (merged.get(sku) ?? 0) + more
      if (!quantity.safeParse(sum).success)
        context.addIssue({ code: 'custom', path: [position, 'quantity'], message: `${sum} of ${sku} are too many` })
      merged.set(sku, sum)
    }
    return [...merged].map(([sku, quantity]) => ({ sku, quantity }))
  })

/** The lines with the prices of today; a 422 problem when something is not sold here. */
export const pricedItems = (items: readonly StockLine[], catalogue: Catalogue): PricedOrder => {
  const priced = price(catalogue, items)
  if ('unknown' in priced) throw unknownSkus(priced.unknown.map((position) => items[position]!.sku))
  return priced
}

const unknownSkus = (skus: readonly string[]): Problem =>
  new Problem(422, {
    type: 'unknown-sku',
    title: 'Unknown SKU',
    detail: `not in the catalogue: ${skus.join(', ')}`,
    extensions: { skus },
  })
