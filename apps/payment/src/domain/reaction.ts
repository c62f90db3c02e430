import type { DataOf, Failure, MessageTypeOn, Money } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import type { Operation } from './decide.ts'
import { type Payer, type Payment, type PaymentEvent, partOf, remaining } from './payment.ts'

type FactType = MessageTypeOn<'payments'>
type Fact = { [T in FactType]: { readonly type: T; readonly data: DataOf<T> } }[FactType]

/** What the provider is asked. */
export interface ProviderCalls {
  authorize: { readonly orderId: string; readonly amount: Money; readonly token: string }
  capture: { readonly orderId: string; readonly authorizationId: string; readonly amount: Money }
  void: { readonly orderId: string }
  refund: { readonly orderId: string; readonly captureId: string; readonly amount: Money }
  'refund-return': ProviderCalls['refund'] & { readonly returnId: string }
}
export type ProviderCall = {
  [O in Operation]: { readonly kind: O; readonly payload: ProviderCalls[O] }
}[Operation]

/** What has to follow an event outside of the payment itself. */
export type Reaction = { readonly call: ProviderCall } | { readonly fact: Fact } | undefined

/**
 * Every state is either waiting for the provider or has something to say: entering it makes the call or publishes the
 * fact. `payment` is the state after the event.
 */
export const reactionTo = (event: PaymentEvent, payment: Payment): Reaction => {
  if (event.type === 'UndoRemembered') return undefined
  if ('returnId' in event.data) return reactionToPart(payment, event.data.returnId)
  switch (payment.status) {
    case 'none':
      return undefined
    case 'authorizing': {
      const { orderId, amount, token } = payment
      return { call: { kind: 'authorize', payload: { orderId, amount, token } } }
    }
    case 'capturing': {
      const { orderId, authorizationId, amount } = payment
      return { call: { kind: 'capture', payload: { orderId, authorizationId, amount } } }
    }
    case 'voiding':
      return { call: { kind: 'void', payload: { orderId: payment.orderId } } }
    case 'refunding': {
      const { orderId, captureId } = payment
      return { call: { kind: 'refund', payload: { orderId, captureId, amount: remaining(payment) } } }
    }
    default:
      return { fact: factOf(payment) }
  }
}

type Settled = Exclude<Payment, { status: 'none' | 'authorizing' | 'capturing' | 'voiding' | 'refunding' }>

const factOf = (payment: Settled): Fact => {
  const { orderId, customerId } = payment
  const about: Payer = { orderId, customerId }
  switch (payment.status) {
    case 'authorized': {
      const { authorizationId, amount } = payment
      return { type: 'payment.authorized', data: { ...about, authorizationId, amount } }
    }
    case 'captured':
      return { type: 'payment.captured', data: { ...about, captureId: payment.captureId, amount: payment.amount } }
    case 'voided':
      return { type: 'payment.voided', data: { ...about, amount: payment.released } }
    case 'refunded':
      return { type: 'payment.refunded', data: { ...about, refundId: payment.refundId, amount: remaining(payment) } }
    case 'authorization_declined':
      return declined(about, 'authorize', payment.code)
    case 'capture_declined':
      return declined(about, 'capture', payment.code)
    case 'void_declined':
      return declined(about, 'void', payment.code)
    case 'refund_declined':
      return declined(about, 'refund', payment.code)
    case 'authorization_unknown':
      return failed(about, 'authorize', payment.reason)
    case 'capture_unknown':
      return failed(about, 'capture', payment.reason)
    case 'void_unknown':
      return failed(about, 'void', payment.reason)
    case 'refund_unknown':
      return failed(about, 'refund', payment.reason)
    default:
      return unreachable(payment)
  }
}

const declined = (about: Payer, operation: WholeOperation, code: string): Fact => ({
  type: 'payment.declined',
  data: { ...about, operation, code },
})

const reactionToPart = (payment: Payment, returnId: string): Reaction => {
  if (!('captureId' in payment)) throw new Error(`a payment that is ${payment.status} has no capture`)
  const { orderId, customerId, captureId } = payment
  const part = partOf(payment, returnId)
  const about = { orderId, customerId, returnId }
  switch (part.status) {
    case 'refunding':
      return { call: { kind: 'refund-return', payload: { orderId, returnId, captureId, amount: part.amount } } }
    case 'refunded': {
      const { refundId, amount } = part
      return { fact: { type: 'payment.return-refunded', data: { ...about, refundId, amount } } }
    }
    case 'unknown':
      return { fact: { type: 'payment.return-refund-failed', data: { ...about, reason: part.reason } } }
  }
}

type WholeOperation = Exclude<Operation, 'refund-return'>

const failed = (about: Payer, operation: WholeOperation, reason: Failure): Fact => ({
  type: 'payment.failed',
  data: { ...about, operation, reason },
})
