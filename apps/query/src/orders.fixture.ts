import { type Message, type MessageType, uuidFrom } from '#libs/contracts'

const total = { amount: 1_780, currency: 'EUR' }
const items = [{ sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: { amount: 890, currency: 'EUR' }, lineTotal: total }]
const parcel = { shipmentId: 's1', trackingNumber: 'WB123' }
const lines = [{ sku: 'MUG', quantity: 2 }]

type Way = readonly (readonly [MessageType, object?])[]
/** How an order may go: its facts, each a second later than the one before. */
const ways: readonly Way[] = [
  [
    ['order.placed', { items, payment: { token: 'tok_ok' }, coordination: 'orchestrated' }],
    ['payment.authorized', { authorizationId: 'a1', amount: total }],
    ['stock.reserved', { lines }],
    ['order.confirmed'],
    ['payment.captured', { captureId: 'c1', amount: total }],
    ['shipment.booked', parcel],
    ['shipment.dispatched', parcel],
    ['order.shipped', { trackingNumber: 'WB123' }],
    ['shipment.delivered', parcel],
    ['stock.dispatched', { lines }],
    ['order.completed'],
  ],
  [
    ['order.placed', { items, payment: { token: 'tok_ok' }, coordination: 'orchestrated' }],
    ['payment.declined', { operation: 'authorize', code: 'no' }],
    ['stock.reserved', { lines }],
    ['stock.released', { lines }],
    ['order.rejected', { reason: 'payment_declined' }],
  ],
  [
    ['order.placed', { items, payment: { token: 'tok_ok' }, coordination: 'orchestrated' }],
    ['payment.authorized', { authorizationId: 'a1', amount: total }],
    ['order.confirmed'],
    ['payment.captured', { captureId: 'c1', amount: total }],
    ['order.cancellation-requested'],
    ['payment.refunded', { refundId: 'r1', amount: total }],
    ['order.cancelled', { reason: 'customer_request' }],
  ],
]

const shippingAddress = {
  givenName: 'Ada',
  familyName: 'L',
  line1: '1 Main St',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
}

/** One piece comes back, and its price is refunded. */
const back = { items: [{ sku: 'MUG', quantity: 1 }], refunded: { amount: 890, currency: 'EUR' } }
const wayBack: Way = [
  ['order.return-requested', { items: back.items, reason: 'too small' }],
  ['return.label-issued', parcel],
  ['order.return-label-issued', { trackingNumber: 'WB123' }],
  ['return.received'],
  ['order.return-received'],
  ['return.inspected', { accepted: back.items, refused: [] }],
  ['order.return-inspected', { accepted: back.items, refused: [] }],
  ['stock.returned', { lines: back.items }],
  ['payment.return-refunded', { refundId: 'r1', amount: back.refunded }],
  ['order.return-ended', { outcome: 'completed', ...back }],
]

/** The facts of the `n`-th order of a run, in the order in which they happen. */
export const factsOf = (run: string, n: number): Message[] =>
  told(run, n, ways[n % ways.length]!, { name: `order ${n}`, second: 0, more: { shippingAddress } })

/** Those of a return of it, where it was completed, which every third order is. */
export const returnOf = (run: string, n: number): Message[] =>
  told(run, n, wayBack, { name: `return ${n}`, second: 30, more: { returnId: uuidFrom(`${run} return ${n}`) } })

/** `name` is what their ids are made from, `second` when they begin, and `more` what all of them say. */
const told = (
  run: string,
  n: number,
  way: Way,
  { name, second, more }: { readonly name: string; readonly second: number; readonly more: object },
): Message[] => {
  const orderId = uuidFrom(`${run} order ${n}`)
  const customerId = `cust-${run}-${n % 7}`
  return way.map(([type, data = {}], i) => ({
    id: uuidFrom(`${run} ${name} ${i}`),
    type,
    source: '/waybill/test',
    subject: orderId,
    time: new Date(Date.UTC(2026, 0, 1 + (n % 3), 0, n % 60, second + i)).toISOString(),
    key: customerId,
    correlationId: orderId,
    causationId: orderId,
    data: { orderId, customerId, total, ...more, ...data } as never,
  }))
}
