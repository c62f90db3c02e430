import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { money, sku } from '#libs/contracts'
import type { Catalogue } from './domain/pricing.ts'

const file = z.array(z.object({ sku, name: z.string().min(1), price: money })).min(1)

/** Reads what is sold and for how much. Throws when the file is not a catalogue in one currency. */
export const loadCatalogue = (path: string): Catalogue => {
  const products = file.parse(JSON.parse(readFileSync(path, 'utf8')))
  const currency = products[0]!.price.currency
  const other = products.find(({ price }) => price.currency !== currency)
  if (other !== undefined) throw new Error(`${path}: ${other.sku} is not priced in ${currency} like the others`)
  return { currency, products: new Map(products.map((product) => [product.sku, product])) }
}
