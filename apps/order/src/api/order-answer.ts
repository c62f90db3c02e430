import { fold } from '#libs/decider'
import type { StoredEvent } from '#libs/event-store'
import { orderDecider } from '../domain/decide.ts'
import { fulfilmentSaga } from '../domain/fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from '../domain/fulfilment-state.ts'
import type { OrderEvent, PlacedOrder } from '../domain/order.ts'
import { factTypeOf } from '../domain/published-events.ts'
import { refundedFor, returned } from '../domain/returns/order-returns.ts'

type Stored<E> = StoredEvent & E

/** The answer of `GET /orders/{orderId}` as the query service gives it, from what this service knows first. */
export const orderAnswer = (orderEvents: readonly StoredEvent[], sagaEvents: readonly StoredEvent[]) => {
  const order = fold(orderDecider, orderEvents as Stored<OrderEvent>[]) as PlacedOrder
  const fulfilment = fold(fulfilmentSaga, sagaEvents as Stored<FulfilmentEvent>[])
  const { orderId, customerId, total, shipping, coordination } = order.details
  const timeline = [...orderEvents.map(published), ...sagaEvents.flatMap((event) => received(event))]
  timeline.sort((a, b) => a.at.getTime() - b.at.getTime())
  return {
    orderId,
    customerId,
    status: order.status,
    ...(order.reason === undefined ? {} : { reason: order.reason }),
    ...(order.cancellation === 'none' ? {} : { cancellation: order.cancellation }),
    coordination,
    ...itemsOf(order),
    total,
    ...(shipping && { shipping }),
    payment: paymentOf(fulfilment, total.currency, refundedFor(order.returns ?? {})),
    ...shipmentOf(fulfilment),
    placedAt: orderEvents[0]!.at,
    updatedAt: timeline.at(-1)!.at,
    timeline,
  }
}

/** Each line with what came back of it, and the returns, where there are any. */
const itemsOf = ({ details: { items }, returns }: PlacedOrder) =>
  returns === undefined
    ? { items }
    : {
        items: items.map((item) => ({ ...item, returned: returned(returns, item.sku) })),
        returns: Object.values(returns).map(({ returnId, status, items, end }) => ({
          ...{ returnId, status, items },
          ...(end === undefined ? {} : { returned: end.items, refunded: end.refunded }),
        })),
      }

const paymentOf = ({ steps, paid }: Fulfilment, currency: string, forReturns: number) => {
  const inCurrency = (amount: number) => ({ amount, currency })
  return {
    status: paymentStatus({ steps, paid }),
    authorized: inCurrency(paid.authorized),
    captured: inCurrency(paid.captured),
    refunded: inCurrency(paid.refunded + forReturns),
  }
}

const paymentStatus = ({ steps, paid }: Pick<Fulfilment, 'steps' | 'paid'>) => {
  if (paid.refunded > 0) return 'refunded'
  if (steps['authorize-payment']?.status === 'failed') return 'declined'
  if (steps['void-payment']?.status === 'succeeded') return 'voided'
  if (paid.captured > 0) return 'captured'
  if (paid.authorized > 0) return 'authorized'
  return steps['authorize-payment']?.status === 'abandoned' ? 'failed' : 'pending'
}

const shipmentOf = ({ parcel, trackingNumber, steps }: Fulfilment) => {
  const tracking = trackingNumber === undefined ? {} : { trackingNumber }
  if (steps['ship-order']?.status === 'failed') return { shipment: { status: 'impossible', ...tracking } }
  if (parcel === 'none') return {}
  const status = steps['cancel-shipment']?.status === 'succeeded' ? 'cancelled' : parcel
  return { shipment: { status, ...tracking } }
}

const published = ({ at, type, metadata }: StoredEvent) => ({
  at,
  type: factTypeOf[type as OrderEvent['type']] as string,
  messageId: metadata.messageId,
})

/** The participant's fact behind an event of the saga; it is what caused the event. */
const received = (stored: StoredEvent): { at: Date; type: string; messageId: string }[] => {
  const type = factBehind(stored as Stored<FulfilmentEvent>)
  return type === undefined ? [] : [{ at: stored.at, type, messageId: stored.metadata.causationId }]
}

const factBehind = (event: FulfilmentEvent): string | undefined => {
  if (event.type === 'StepSucceeded' || event.type === 'StepFailed') return event.data.answer
  if (event.type === 'ParcelBooked') return 'shipment.booked'
  return event.type === 'ParcelDelivered' && event.data.vouchedFor === undefined ? 'shipment.delivered' : undefined
}
