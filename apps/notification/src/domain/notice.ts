import type { AnyMessage, MessageType, NotificationKind, OrderEndReason } from '#libs/contracts'
import { price } from './price.ts'
import { type ReturnFact, returnKindOf, returnTypes, returnWording } from './return-notice.ts'

/** What a customer is told about an order or a return, and in which words. */
export interface Notice {
  readonly kind: NotificationKind
  readonly orderId: string
  readonly returnId?: string
  readonly customerId: string
  readonly subject: string
  readonly text: string
}

/** The moments that a customer wants to hear of. */
export const notifiedTypes = [
  'order.confirmed',
  'order.shipped',
  'order.completed',
  'order.rejected',
  'order.cancelled',
  ...returnTypes,
] as const satisfies MessageType[]
export type NotifiedFact = Extract<AnyMessage, { type: (typeof notifiedTypes)[number] }>

/** What else is on the same topic. */
export const ignoredTypes = [
  'order.placed',
  'order.cancellation-requested',
  'order.cancellation-refused',
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

type OrderFact = Exclude<NotifiedFact, ReturnFact>

const kindOf: Record<OrderFact['type'], NotificationKind> = {
  'order.confirmed': 'order_confirmed',
  'order.shipped': 'order_shipped',
  'order.completed': 'order_completed',
  'order.rejected': 'order_rejected',
  'order.cancelled': 'order_cancelled',
}

const isOfReturn = (fact: NotifiedFact): fact is ReturnFact => 'returnId' in fact.data

/** What a customer is told of once: one notice per kind and order, or return. */
export const nameOf = (fact: NotifiedFact): Pick<Notice, 'kind' | 'orderId' | 'returnId'> => {
  const { orderId } = fact.data
  return isOfReturn(fact)
    ? { kind: returnKindOf(fact), orderId, returnId: fact.data.returnId }
    : { kind: kindOf[fact.type], orderId }
}

const wording = (fact: OrderFact): { subject: string; body: string } => {
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

export const noticeOf = (fact: NotifiedFact): Notice => {
  const { subject, body } = isOfReturn(fact) ? returnWording(fact, price) : wording(fact)
  const { orderId, customerId } = fact.data
  return {
    ...nameOf(fact),
    customerId,
    subject: `Order ${orderId.slice(0, 8)} ${subject}`,
    text: `${body}\n\nOrder ${orderId}\n`,
  }
}

/** What templates say of a fact: all that it holds, but who it is about. */
export const valuesOf = ({ data }: NotifiedFact): Readonly<Record<string, unknown>> => {
  const { customerId: _, ...values } = data
  return values
}
