import type { ShopEvent } from '#libs/contracts'
import { topology } from './topology.ts'

/** What is counted, in the order in which it lies in records and columns. */
export const measures = [
  'views',
  'searches',
  'baskets',
  'checkouts',
  /** Lines of checkouts. */
  'purchases',
  'units',
  /** In minor units of the topology's currency. */
  'revenue',
  /** Purchases with a basket and a view before them. */
  'converted',
  /** Events that came after their window was closed, or before they can have happened. */
  'late',
  'early',
  'duplicates',
  'unreadable',
] as const
export type Measure = (typeof measures)[number]

/** Where each lies. */
export const at = Object.fromEntries(measures.map((measure, index) => [measure, index])) as Readonly<
  Record<Measure, number>
>

export const dimensions = ['all', 'country', 'device', 'product'] as const
export type Dimension = (typeof dimensions)[number]

/** Adds to a measure; of a product where it is about one. */
export type Add = (measure: Measure, amount: number, sku?: string) => void

/** What an event counts for. */
export const measure = (event: ShopEvent, add: Add): void => {
  if (event.type === 'view') add('views', 1, event.sku)
  if (event.type === 'search') add('searches', 1)
  // Taking something out is no step towards buying it.
  if (event.type === 'basket' && event.change > 0) add('baskets', 1, event.sku)
  if (event.type !== 'checkout') return
  const isOurs = event.currency === topology.currency
  add('checkouts', 1)
  for (const { sku, quantity, price } of event.lines) {
    add('purchases', 1, sku)
    add('units', quantity, sku)
    if (isOurs) add('revenue', quantity * price, sku)
  }
}

/** The steps of the way to a purchase that an event is, each with its product; 0 is the first. */
export const stepsOf = (event: ShopEvent): readonly { readonly stage: number; readonly sku: string }[] => {
  const stage = topology.conversion.stages.indexOf(event.type as never)
  switch (event.type) {
    case 'view':
      return [{ stage, sku: event.sku }]
    case 'basket':
      return event.change > 0 ? [{ stage, sku: event.sku }] : []
    case 'checkout':
      return event.lines.map(({ sku }) => ({ stage, sku }))
    case 'search':
      return []
  }
}
