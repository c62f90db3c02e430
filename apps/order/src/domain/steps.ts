import {
  type Address,
  type Coordination,
  type DataOf,
  type MessageTypeOn,
  type Money,
  type OrderEndReason,
  type StockLine,
  uuidFrom,
} from '#libs/contracts'

/** What the saga must know of an order to have it fulfilled or undone. */
export interface OrderToFulfil {
  readonly orderId: string
  readonly customerId: string
  readonly total: Money
  readonly token: string
  readonly address: Address
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

/** How often a step is asked for, and what then: the order is undone for a reason, or else a human must look. */
interface Patience {
  readonly attempts: number
  readonly thenUndoFor?: OrderEndReason
}

/** Silence means that the participant is away, so patience helps; a failure answer means that what it needs is away. */
interface StepPolicy {
  readonly silence: Patience
  readonly failure: Patience
}

const PERSISTENT: StepPolicy = { silence: { attempts: 10 }, failure: { attempts: 10 } }

export const policyOf: Record<Step, StepPolicy> = {
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

/**
 * The carrier reports by itself what becomes of a parcel, and a report may be lost: after half a minute without one it
 * is asked, then ever less often, up to every six hours; after a week of that a human must look.
 */
export const MAX_TRACKINGS = 36
const TRACKING_MS = 30_000
const LONGEST_TRACKING_MS = 6 * 60 * 60 * 1000

const SILENCE_MS = 15_000
const FAILURE_MS = 1_000
const LONGEST_MS = 300_000

/** When to stop waiting for the answer to a command, ISO 8601. */
export const silenceEnds = (order: OrderToFulfil, step: Step, attempt: number, at: string): string =>
  later(at, SILENCE_MS, attempt, `${order.orderId}/${step}/${attempt}`)

/** When to ask again after a failure answer, ISO 8601. */
export const retryAt = (order: OrderToFulfil, step: Step, attempt: number, at: string): string =>
  later(at, FAILURE_MS, attempt, `${order.orderId}/${step}/${attempt}`)

/** When to ask where the parcel is, having asked `asked` times since it was last heard of, ISO 8601. */
export const trackAt = (order: OrderToFulfil, asked: number, at: string): string =>
  later(at, TRACKING_MS, asked + 1, `${order.orderId}/track/${asked}`, LONGEST_TRACKING_MS)

/** Doubles with every attempt; up to a quarter more, so that orders which failed together do not return together. */
const later = (at: string, firstMs: number, attempt: number, name: string, longestMs = LONGEST_MS): string => {
  const backoffMs = Math.min(firstMs * 2 ** (attempt - 1), longestMs)
  const jitter = Number.parseInt(uuidFrom(name).slice(0, 8), 16) / 0xffffffff
  return new Date(Date.parse(at) + Math.round(backoffMs * (1 + jitter / 4))).toISOString()
}
