import { z } from 'zod'
import { on } from './definition.ts'
import { money, sku } from './values.ts'

const catalogue = on('catalogue')

export const catalogueFacts = {
  /** What a product is called and costs now: the order service, which owns the prices, says so; the key is the SKU. */
  'product.listed': catalogue.message(z.object({ sku, name: z.string().min(1), price: money })),
}
