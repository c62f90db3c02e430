import type { AnyMessage, MessageType, Money, NotificationKind, OrderEndReason } from '#libs/contracts'

/** What a customer is told about an order, and in which words. */
export interface Notice {
  readonly kind: NotificationKind
  readonly orderId: string
  readonly customerId: string
  readonly subject: string
  readonly text: string
}

/** The five moments that a customer wants to hear of. */
export const notifiedTypes = [
  'order.confirmed',
  'order.shipped',
  'order.completed',
  'order.rejected',
  'order.cancelled',
] as const satisfies MessageType[]
export type NotifiedFact = Extract<AnyMessage, { type: (typeof notifiedTypes)[number] }>

/** What else is on the same topic. */
export const ignoredTypes = [
  'order.placed',
  'order.cancellation-requested',
  'order.cancellation-refused',
  'order.return-requested',
  'order.return-label-issued',
  'order.return-received',
  'order.return-inspected',
  'order.return-ended',
  'order.recalled',
  'order.withdrawn',
  'order.overdue',
] as const satisfies MessageType[]

const reasons: Record<OrderEndReason, string> = {
  payment_declined: 'your card was declined',
  out_of_stock: 'an item is out of stock',
  payment_timeout: 'your bank did not answer in time',
  customer_request: 'you asked us to',
  shipment_impossible: 'our carrier cannot deliver to your address',
  capture_failed: 'we could not collect the payment',
  operator_decision: 'we could not fulfil it',
}

/** In the currency's own digits: 12.00 EUR, 1200 JPY, 1.200 KWD. */
const price = ({ amount, currency }: Money): string => {
  const digits = digitsOf(currency)
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`
}

/** By currency; asking Intl takes longer than all the rest of a notice. */
const knownDigits = new Map<string, number>()

const digitsOf = (currency: string): number => {
  const known = knownDigits.get(currency)
  if (known !== undefined) return known
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  knownDigits.set(currency, digits)
  return digits
}

export const kindOf: Record<NotifiedFact['type'], NotificationKind> = {
  'order.confirmed': 'order_confirmed',
  'order.shipped': 'order_shipped',
  'order.completed': 'order_completed',
  'order.rejected': 'order_rejected',
  'order.cancelled': 'order_cancelled',
}

const wording = (fact: NotifiedFact): { subject: string; body: string } => {
  const total = price(fact.data.total)
  switch (fact.type) {
    case 'order.confirmed':
      return { subject: 'confirmed', body: `We have your order over ${total} and prepare it now.` }
    case 'order.shipped':
      return {
        subject: 'is on its way',
        body: `Your parcel has left our warehouse. Tracking number: ${fact.data.trackingNumber}.`,
      }
    case 'order.completed':
      return { subject: 'delivered', body: 'Your parcel was delivered. Thank you for your order.' }
    case 'order.rejected':
      return {
        subject: 'could not be accepted',
        body: `We could not accept your order over ${total}: ${reasons[fact.data.reason]}. You were not charged.`,
      }
    case 'order.cancelled':
      return {
        subject: 'cancelled',
        body: `Your order over ${total} was cancelled: ${reasons[fact.data.reason]}. Anything you paid is on its way back.`,
      }
  }
}

/** One notice per kind and order. */
export const noticeOf = (fact: NotifiedFact): Notice => {
  const { subject, body } = wording(fact)
  const { orderId, customerId } = fact.data
  return {
    kind: kindOf[fact.type],
    orderId,
    customerId,
    subject: `Order ${orderId.slice(0, 8)} ${subject}`,
    text: `${body}\n\nOrder ${orderId}\n`,
  }
}
