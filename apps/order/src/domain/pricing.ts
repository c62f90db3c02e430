import type { Money, OrderLine } from '#libs/contracts'
import { type Refusal, refuse } from '#libs/decider'

export interface Product {
  readonly sku: string
  readonly name: string
  readonly price: Money
}

/** Products by SKU, all priced in one currency. */
export interface Catalogue {
  readonly currency: string
  readonly products: ReadonlyMap<string, Product>
}

export interface PricedOrder {
  readonly items: OrderLine[]
  readonly total: Money
}

/** Gives each wanted product its price of today; refuses, naming its position, the first SKU that is not sold here. */
export const price = (
  catalogue: Catalogue,
  wanted: readonly { sku: string; quantity: number }[],
): PricedOrder | (Refusal<'unknown_sku'> & { readonly index: number }) => {
  const items: OrderLine[] = []
  let total = 0
  for (const [index, { sku, quantity }] of wanted.entries()) {
    const product = catalogue.products.get(sku)
    if (product === undefined) return { ...refuse('unknown_sku', sku), index }
    const lineTotal = product.price.amount * quantity
    items.push({
      sku,
      name: product.name,
      quantity,
      unitPrice: product.price,
      lineTotal: { amount: lineTotal, currency: catalogue.currency },
    })
    total += lineTotal
  }
  return { items, total: { amount: total, currency: catalogue.currency } }
}
