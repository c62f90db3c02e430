import { type Message, type MessageType, uuidFrom } from '#libs/contracts'

const total = { amount: 1_780, currency: 'EUR' }
const items = [{ sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: { amount: 890, currency: 'EUR' }, lineTotal: total }]
const parcel = { shipmentId: 's1', trackingNumber: 'WB123' }
const lines = [{ sku: 'MUG', quantity: 2 }]

/** How an order may go: its facts, each a second later than the one before. */
const ways: readonly (readonly [MessageType, object?])[][] = [
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

/** The facts of the `n`-th order of a run, in the order in which they happen. */
export const factsOf = (run: string, n: number): Message[] => {
  const orderId = uuidFrom(`${run} order ${n}`)
  const customerId = `cust-${run}-${n % 7}`
  return ways[n % ways.length]!.map(([type, data = {}], second) => ({
    id: uuidFrom(`${orderId} ${second}`),
    type,
    source: '/waybill/test',
    subject: orderId,
    time: new Date(Date.UTC(2026, 0, 1 + (n % 3), 0, n % 60, second)).toISOString(),
    key: customerId,
    correlationId: orderId,
    causationId: orderId,
    data: { orderId, customerId, total, ...(type === 'order.placed' ? { shippingAddress } : {}), ...data } as never,
  }))
}
