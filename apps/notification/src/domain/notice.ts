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
export const told = [
  'order.confirmed',
  'order.shipped',
  'order.completed',
  'order.rejected',
  'order.cancelled',
] as const satisfies MessageType[]
export type Told = Extract<AnyMessage, { type: (typeof told)[number] }>

/** What else is on the same topic. */
export const untold = [
  'order.placed',
  'order.cancellation-requested',
  'order.cancellation-refused',
] as const satisfies MessageType[]

const reasons: Record<OrderEndReason, string> = {
  payment_declined: 'your card was declined',
  out_of_stock: 'an item is out of stock',
  payment_timeout: 'your bank did not answer in time',
  customer_request: 'you asked us to',
  shipment_impossible: 'our carrier cannot deliver to your address',
  capture_failed: 'we could not collect the payment',
}

const price = ({ amount, currency }: Money): string => `${(amount / 100).toFixed(2)} ${currency}`

const wording = (fact: Told): { kind: NotificationKind; subject: string; body: string } => {
  const total = price(fact.data.total)
  switch (fact.type) {
    case 'order.confirmed':
      return {
        kind: 'order_confirmed',
        subject: 'confirmed',
        body: `We have your order over ${total} and prepare it now.`,
      }
    case 'order.shipped':
      return {
        kind: 'order_shipped',
        subject: 'is on its way',
        body: `Your parcel has left our warehouse. Tracking number: ${fact.data.trackingNumber}.`,
      }
    case 'order.completed':
      return {
        kind: 'order_completed',
        subject: 'delivered',
        body: 'Your parcel was delivered. Thank you for your order.',
      }
    case 'order.rejected':
      return {
        kind: 'order_rejected',
        subject: 'could not be accepted',
        body: `We could not accept your order over ${total}: ${reasons[fact.data.reason]}. You were not charged.`,
      }
    case 'order.cancelled':
      return {
        kind: 'order_cancelled',
        subject: 'cancelled',
        body: `Your order over ${total} was cancelled: ${reasons[fact.data.reason]}. Anything you paid is on its way back.`,
      }
  }
}

/** One notice per kind and order. */
export const noticeOf = (fact: Told): Notice => {
  const { kind, subject, body } = wording(fact)
  const { orderId, customerId } = fact.data
  return {
    kind,
    orderId,
    customerId,
    subject: `Order ${orderId.slice(0, 8)} ${subject}`,
    text: `${body}\n\nOrder ${orderId}\n`,
  }
}
