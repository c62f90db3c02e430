import type { AnyMessage } from '#libs/contracts'
import type { Fold } from '#libs/projections'
import { evolveReturns, isUnderWay, type ReturnViews } from '../orders/return-view.ts'

export const sagaBoardFacts = [
  'order.placed',
  'order.confirmed',
  'order.completed',
  'order.rejected',
  'order.cancelled',
  'order.cancellation-requested',
  'order.cancellation-refused',
  'payment.authorized',
  'payment.declined',
  'payment.captured',
  'payment.voided',
  'payment.refunded',
  'payment.failed',
  'stock.reserved',
  'stock.rejected',
  'stock.released',
  'stock.dispatched',
  'shipment.booked',
  'shipment.dispatched',
  'shipment.delivered',
  'shipment.impossible',
  'shipment.cancelled',
  'shipment.failed',
  'order.return-requested',
  'order.return-label-issued',
  'order.return-received',
  'order.return-inspected',
  'order.return-ended',
  'payment.return-refunded',
] as const
type Fact = Extract<AnyMessage, { type: (typeof sagaBoardFacts)[number] }>

/** How far a step has come; of two reports the one that is further along the way holds, whichever comes first. */
const RANK = { failed: 1, booked: 2, done: 3, refused: 3, dispatched: 3, delivered: 4, undone: 5 } as const
export type StepState = keyof typeof RANK
export type Step = 'authorize-payment' | 'reserve-stock' | 'capture-payment' | 'ship-order' | 'dispatch-stock'

/** How an order's saga stands, as everybody can observe it in the topics, whoever coordinates it. */
export interface SagaCard {
  readonly customerId: string
  readonly coordination?: string
  readonly placedAt?: string
  readonly updatedAt: string
  readonly confirmed?: true
  readonly cancellation?: 'requested' | 'refused'
  readonly end?: 'completed' | 'rejected' | 'cancelled'
  readonly steps: Readonly<Partial<Record<Step, StepState>>>
  /** The sagas of what came back of it, by return. */
  readonly returns?: ReturnViews
}

export const sagaCard: Fold<SagaCard, Fact> = {
  initial: { customerId: '', updatedAt: '', steps: {} },
  evolve: (card, fact) => ({
    ...card,
    customerId: fact.data.customerId,
    updatedAt: later(fact.time, card.updatedAt),
    ...change(card, fact),
  }),
}

/** Of two ISO 8601 instants in UTC. */
const later = (a: string, b: string): string => {
  if (a > b) return a
  return b
}

const change = (card: SagaCard, fact: Fact): Partial<SagaCard> => {
  const step = (name: Step, state: StepState): Partial<SagaCard> => {
    const before = card.steps[name]
    return before !== undefined && RANK[before] >= RANK[state] ? {} : { steps: { ...card.steps, [name]: state } }
  }
  switch (fact.type) {
    case 'order.placed':
      return { placedAt: fact.time, coordination: fact.data.coordination }
    case 'order.confirmed':
      return { confirmed: true }
    case 'order.completed':
      return { end: 'completed' }
    case 'order.rejected':
      return { end: 'rejected' }
    case 'order.cancelled':
      return { end: 'cancelled' }
    case 'order.cancellation-requested':
      return { cancellation: card.cancellation ?? 'requested' }
    case 'order.cancellation-refused':
      return { cancellation: 'refused' }
    case 'payment.authorized':
      return step('authorize-payment', 'done')
    case 'payment.declined':
      return step(fact.data.operation === 'authorize' ? 'authorize-payment' : 'capture-payment', 'refused')
    case 'payment.failed':
      if (fact.data.operation === 'authorize') return step('authorize-payment', 'failed')
      return fact.data.operation === 'capture' ? step('capture-payment', 'failed') : {}
    case 'payment.captured':
      return step('capture-payment', 'done')
    case 'payment.voided':
      return step('authorize-payment', 'undone')
    case 'payment.refunded':
      return step('capture-payment', 'undone')
    case 'stock.reserved':
      return step('reserve-stock', 'done')
    case 'stock.rejected':
      return step('reserve-stock', 'refused')
    case 'stock.released':
      return step('reserve-stock', 'undone')
    case 'stock.dispatched':
      return step('dispatch-stock', 'done')
    case 'shipment.booked':
      return step('ship-order', 'booked')
    case 'shipment.dispatched':
      return step('ship-order', 'dispatched')
    case 'shipment.delivered':
      return step('ship-order', 'delivered')
    case 'shipment.impossible':
      return step('ship-order', 'refused')
    case 'shipment.cancelled':
      return step('ship-order', 'undone')
    case 'shipment.failed':
      return fact.data.operation === 'ship' ? step('ship-order', 'failed') : {}
    case 'order.return-requested':
    case 'order.return-label-issued':
    case 'order.return-received':
    case 'order.return-inspected':
    case 'order.return-ended':
    case 'payment.return-refunded':
      return { returns: evolveReturns(card.returns ?? {}, fact) }
  }
}

export const stages = [
  'accepting',
  'capturing',
  'shipping',
  'delivering',
  'settling',
  'cancelling',
  'compensating',
  'completed',
  'returning',
  'rejected',
  'cancelled',
] as const
export type Stage = (typeof stages)[number]

/** The column of the board that a card is in. */
export const stageOf = ({ end, cancellation, confirmed, steps, returns = {} }: SagaCard): Stage => {
  if (Object.values(returns).some(isUnderWay)) return 'returning'
  if (end !== undefined) return end
  if (cancellation === 'requested') return 'cancelling'
  if (Object.values(steps).some((state) => state === 'refused' || state === 'undone')) return 'compensating'
  if (steps['ship-order'] === 'delivered') return 'settling'
  if (steps['ship-order'] === 'dispatched') return 'delivering'
  if (steps['capture-payment'] === 'done') return 'shipping'
  return confirmed ? 'capturing' : 'accepting'
}
