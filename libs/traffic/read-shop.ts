import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { money, sku } from '#libs/contracts'
import type { Shop, TrafficProduct } from './traffic.ts'

const productsFile = z.array(z.object({ sku, price: money })).min(1)
const customersFile = z.array(z.object({ customerId: z.string() }))

/**
 * The shop as its files have it. `products`: how many there are to be in all; those beyond the file are made up. Throws
 * when a file is none.
 */
export const readShop = async (
  files: { readonly products: string; readonly customers: string },
  products = 0,
): Promise<Shop> => {
  const [sold, customers] = await Promise.all([
    readFile(files.products, 'utf8').then((text) => productsFile.parse(JSON.parse(text))),
    readFile(files.customers, 'utf8').then((text) => customersFile.parse(JSON.parse(text))),
  ])
  const known = sold.map(({ sku, price }): TrafficProduct => ({ sku, price: price.amount }))
  const others = Array.from(
    { length: Math.max(0, products - known.length) },
    (_, i): TrafficProduct => ({ sku: `MADE-UP-${i + 1}`, price: 500 + ((i * 7_919) % 9_500) }),
  )
  return {
    currency: sold[0]!.price.currency,
    products: [...known, ...others],
    customers: customers.map(({ customerId }) => customerId),
  }
}
