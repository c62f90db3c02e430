import type { Money, OrderLine, StockLine } from '#libs/contracts'

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

/** Gives each wanted product its price of today; refuses, naming their positions, SKUs that are not sold here. */
export const price = (
  catalogue: Catalogue,
  wanted: readonly StockLine[],
): PricedOrder | { readonly unknown: readonly number[] } => {
  const items: OrderLine[] = []
  const unknown: number[] = []
  const inCurrency = (amount: number): Money => ({ amount, currency: catalogue.currency })
  for (const [position, { sku, quantity }] of wanted.entries()) {
    const product = catalogue.products.get(sku)
    if (product === undefined) unknown.push(position)
    else {
      const { name, price: unitPrice } = product
      items.push({ sku, name, quantity, unitPrice, lineTotal: inCurrency(unitPrice.amount * quantity) })
    }
  }
  if (unknown.length > 0) return { unknown }
  return { items, total: inCurrency(items.reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0)) }
}
