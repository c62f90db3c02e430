import type { Failure, Money } from '#libs/contracts'
import { unreachable } from '#libs/decider'

/** Whose payment it is; every fact says so. */
export interface Payer {
  readonly orderId: string
  readonly customerId: string
}

interface Payable extends Payer {
  readonly amount: Money
  readonly token: string
}
interface Authorization extends Payable {
  readonly authorizationId: string
}
interface Capture extends Authorization {
  readonly captureId: string
  /** Refunds of a part, by the return that each is for. */
  readonly parts?: Readonly<Record<string, PartRefund>>
}
/** Refunding: the provider is asked. Unknown: it gave no usable answer. */
export type PartRefund = { readonly amount: Money } & (
  | { readonly status: 'refunding' }
  | { readonly status: 'unknown'; readonly reason: Failure }
  | { readonly status: 'refunded'; readonly refundId: string }
)
type Voidable = Payable & { readonly authorizationId?: string }

/**
 * The payment of one order. While a call to the provider is under way the status is a participle (`authorizing`), and
 * `undo` says that somebody asked meanwhile to take it all back, which happens as soon as the call's outcome is known.
 * After a call without a usable answer it is `…_unknown`: what was asked for may or may not have taken place.
 */
export type Payment =
  | { readonly status: 'none' }
  | (Payable & { readonly status: 'authorizing'; readonly undo: boolean })
  | (Payer & { readonly status: 'authorization_declined'; readonly code: string })
  | (Payable & { readonly status: 'authorization_unknown'; readonly reason: Failure })
  | (Authorization & { readonly status: 'authorized' })
  | (Authorization & { readonly status: 'capturing'; readonly undo: boolean })
  | (Authorization & { readonly status: 'capture_declined'; readonly code: string })
  | (Authorization & { readonly status: 'capture_unknown'; readonly reason: Failure })
  | (Capture & { readonly status: 'captured' })
  | (Voidable & { readonly status: 'voiding' })
  | (Voidable & { readonly status: 'void_declined'; readonly code: string })
  | (Voidable & { readonly status: 'void_unknown'; readonly reason: Failure })
  | (Payer & { readonly status: 'voided'; readonly released: Money })
  | (Capture & { readonly status: 'refunding' })
  | (Capture & { readonly status: 'refund_declined'; readonly code: string })
  | (Capture & { readonly status: 'refund_unknown'; readonly reason: Failure })
  | (Capture & { readonly status: 'refunded'; readonly refundId: string })

interface OfReturn {
  readonly returnId: string
}

type Event<Type extends string, Data = Record<never, never>> = { readonly type: Type; readonly data: Data }

/** What happened to a payment, as its stream `payment-<orderId>` keeps it. */
export type PaymentEvent =
  | Event<'AuthorizationRequested', Payable>
  | Event<'Authorized', { authorizationId: string }>
  | Event<'AuthorizationDeclined', { code: string }>
  | Event<'AuthorizationFailed', { reason: Failure }>
  | Event<'CaptureRequested'>
  /** `amount`: what was taken, of what had been authorized. */
  | Event<'Captured', { captureId: string; amount: Money }>
  | Event<'CaptureDeclined', { code: string }>
  | Event<'CaptureFailed', { reason: Failure }>
  /** Asked for while the provider was busy with an earlier call for this payment. */
  | Event<'UndoRemembered'>
  | Event<'VoidRequested'>
  | Event<'Voided', Payer & { released: Money }>
  | Event<'VoidDeclined', { code: string }>
  | Event<'VoidFailed', { reason: Failure }>
  | Event<'RefundRequested'>
  | Event<'Refunded', { refundId: string }>
  | Event<'RefundDeclined', { code: string }>
  | Event<'RefundFailed', { reason: Failure }>
  | Event<'PartRefundRequested', OfReturn & { amount: Money }>
  | Event<'PartRefunded', OfReturn & { refundId: string }>
  | Event<'PartRefundFailed', OfReturn & { reason: Failure }>
  | Event<'PartAnswerRepeated', OfReturn>
  /** Somebody asked for what is already settled and hears again how it is. */
  | Event<'AnswerRepeated'>

export const evolve = (payment: Payment, event: PaymentEvent): Payment => {
  switch (event.type) {
    case 'AuthorizationRequested':
      return { status: 'authorizing', ...event.data, undo: false }
    case 'Authorized':
      return { ...payable(payment), status: 'authorized', ...event.data }
    case 'AuthorizationDeclined':
      return { ...payable(payment), status: 'authorization_declined', ...event.data }
    case 'AuthorizationFailed':
      return { ...payable(payment), status: 'authorization_unknown', ...event.data }
    case 'CaptureRequested':
      return { ...authorization(payment), status: 'capturing', undo: false }
    case 'Captured':
      return { ...authorization(payment), status: 'captured', ...event.data }
    case 'CaptureDeclined':
      return { ...authorization(payment), status: 'capture_declined', ...event.data }
    case 'CaptureFailed':
      return { ...authorization(payment), status: 'capture_unknown', ...event.data }
    case 'UndoRemembered':
      return 'undo' in payment ? { ...payment, undo: true } : payment
    case 'VoidRequested':
      return { ...voidable(payment), status: 'voiding' }
    case 'VoidDeclined':
      return { ...voidable(payment), status: 'void_declined', ...event.data }
    case 'VoidFailed':
      return { ...voidable(payment), status: 'void_unknown', ...event.data }
    case 'Voided':
      return { status: 'voided', ...event.data }
    case 'RefundRequested':
      return { ...capture(payment), status: 'refunding' }
    case 'Refunded':
      return { ...capture(payment), status: 'refunded', ...event.data }
    case 'RefundDeclined':
      return { ...capture(payment), status: 'refund_declined', ...event.data }
    case 'RefundFailed':
      return { ...capture(payment), status: 'refund_unknown', ...event.data }
    case 'PartRefundRequested':
      return withPart(payment, event.data.returnId, { status: 'refunding', amount: event.data.amount })
    case 'PartRefunded': {
      const { returnId, refundId } = event.data
      return withPart(payment, returnId, { status: 'refunded', refundId, amount: partOf(payment, returnId).amount })
    }
    case 'PartRefundFailed': {
      const { returnId, reason } = event.data
      return withPart(payment, returnId, { status: 'unknown', reason, amount: partOf(payment, returnId).amount })
    }
    case 'AnswerRepeated':
    case 'PartAnswerRepeated':
      return payment
    default:
      return unreachable(event)
  }
}

// What one state hands on to the next.

const payable = (payment: Payment): Payable => {
  if (!('amount' in payment)) throw new Error(`a payment that is ${payment.status} has no amount`)
  const { orderId, customerId, amount, token } = payment
  return { orderId, customerId, amount, token }
}

const voidable = (payment: Payment): Voidable =>
  'authorizationId' in payment && payment.authorizationId !== undefined
    ? { ...payable(payment), authorizationId: payment.authorizationId }
    : payable(payment)

const authorization = (payment: Payment): Authorization => {
  const { authorizationId, ...rest } = voidable(payment)
  if (authorizationId === undefined) throw new Error(`a payment that is ${payment.status} has no authorization`)
  return { ...rest, authorizationId }
}

const capture = (payment: Payment): Capture => {
  if (!('captureId' in payment)) throw new Error(`a payment that is ${payment.status} has no capture`)
  const { captureId, parts } = payment
  return { ...authorization(payment), captureId, ...(parts === undefined ? {} : { parts }) }
}

const withPart = (payment: Payment, returnId: string, part: PartRefund): Payment => {
  if (!('captureId' in payment)) throw new Error(`a payment that is ${payment.status} has no capture`)
  return { ...payment, parts: { ...payment.parts, [returnId]: part } }
}

export const partOf = (payment: Payment, returnId: string): PartRefund => {
  const part = 'parts' in payment ? payment.parts?.[returnId] : undefined
  if (part === undefined) throw new Error(`no refund was asked for of the return ${returnId}`)
  return part
}

/** What is captured, and neither given back nor about to be for a return. */
export const remaining = ({ amount, parts = {} }: Capture): Money => {
  const parted = Object.values(parts).reduce((sum, part) => sum + part.amount.amount, 0)
  return { ...amount, amount: amount.amount - parted }
}
