import type {
  Coordination,
  DataOf,
  MessageTypeOn,
  Money,
  OrderEndReason,
  PersonalAddress,
  StockLine,
} from '#libs/contracts'
import { PERSISTENT, type StepPolicy } from '#libs/saga-steps'

/** What the saga must know of an order to have it fulfilled or undone. */
export interface OrderToFulfil {
  readonly orderId: string
  readonly customerId: string
  readonly total: Money
  /** Sealed for the payment service; in clear in sagas of earlier versions. */
  readonly token: string
  readonly address: PersonalAddress
  readonly lines: readonly StockLine[]
  readonly coordination: Coordination
}

export const forwardSteps = [
  'authorize-payment',
  'reserve-stock',
  'capture-payment',
  'ship-order',
  'dispatch-stock',
] as const
export const compensationSteps = ['cancel-shipment', 'refund-payment', 'void-payment', 'release-stock'] as const

export type ForwardStep = (typeof forwardSteps)[number]
export type CompensationStep = (typeof compensationSteps)[number]
export type Step = ForwardStep | CompensationStep

export type CommandType = MessageTypeOn<'payment-commands' | 'inventory-commands' | 'fulfillment-commands'>
export type SagaCommand = { [T in CommandType]: { readonly type: T; readonly data: DataOf<T> } }[CommandType]

const about = ({ orderId, customerId }: OrderToFulfil) => ({ orderId, customerId })

/** The command that asks a participant for a step. Asking again is safe: participants act once per order. */
export const commandFor: Record<Step, (order: OrderToFulfil) => SagaCommand> = {
  'authorize-payment': (order) => ({
    type: 'payment.authorize',
    data: { ...about(order), amount: order.total, token: order.token },
  }),
  'reserve-stock': (order) => ({ type: 'stock.reserve', data: { ...about(order), lines: [...order.lines] } }),
  'capture-payment': (order) => ({ type: 'payment.capture', data: about(order) }),
  'ship-order': (order) => ({
    type: 'shipment.ship',
    data: { ...about(order), address: order.address, lines: [...order.lines] },
  }),
  'dispatch-stock': (order) => ({ type: 'stock.dispatch', data: about(order) }),
  'cancel-shipment': (order) => ({ type: 'shipment.cancel', data: about(order) }),
  'refund-payment': (order) => ({ type: 'payment.refund', data: about(order) }),
  'void-payment': (order) => ({ type: 'payment.void', data: about(order) }),
  'release-stock': (order) => ({ type: 'stock.release', data: about(order) }),
}

/** How long each step is waited for, and what for the order is undone then. */
export const policyOf: Record<Step, StepPolicy<OrderEndReason>> = {
  'authorize-payment': {
    silence: { attempts: 3, thenUndoFor: 'payment_timeout' },
    failure: { attempts: 3, thenUndoFor: 'payment_timeout' },
  },
  'reserve-stock': PERSISTENT,
  'capture-payment': { silence: { attempts: 10 }, failure: { attempts: 3, thenUndoFor: 'capture_failed' } },
  'ship-order': { silence: { attempts: 10 }, failure: { attempts: 3, thenUndoFor: 'shipment_impossible' } },
  'dispatch-stock': PERSISTENT,
  'cancel-shipment': PERSISTENT,
  'refund-payment': PERSISTENT,
  'void-payment': PERSISTENT,
  'release-stock': PERSISTENT,
}

/** Asks where a parcel is that nothing was heard of. */
export const trackCommand = (order: OrderToFulfil): SagaCommand => ({ type: 'shipment.track', data: about(order) })
