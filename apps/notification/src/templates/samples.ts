import type { Values } from './render.ts'

const ORDER = {
  orderId: '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01',
  total: { amount: 123_450, currency: 'EUR' },
}
const TRACKING = { trackingNumber: 'WB7F3A9C2E5D1B8460' }
const PIECES = [
  { sku: 'MUG-WHITE-330', quantity: 2 },
  { sku: 'TEA-GREEN-100', quantity: 1 },
]
const REFUNDED = { items: PIECES, refunded: { amount: 2_980, currency: 'EUR' } }

const OWN: Readonly<Record<string, Values>> = {
  order_shipped: TRACKING,
  order_rejected: { reason: 'out_of_stock' },
  order_cancelled: { reason: 'customer_request' },
  return_requested: { items: PIECES, reason: 'too small' },
  return_label_issued: TRACKING,
  return_inspected: { accepted: PIECES.slice(0, 1), refused: PIECES.slice(1) },
  return_completed: REFUNDED,
  return_lost: REFUNDED,
}

/** What a template is shown with before there is anything to tell. */
export const sampleValues = (template: string): Values => ({ ...ORDER, ...OWN[template] })
