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

/**
 * The payment of one order. While a call to the provider is under way the status is a participle (`authorizing`), and
 * `undo` says that somebody asked meanwhile to take it all back, which happens as soon as the call's outcome is known.
 * After a call without a usable answer it is `…_unknown`: what was asked for may or may not have taken place.
 */
export type Payment =
  | { readonly status: 'none' }
  | (Payable & { readonly status: 'authorizing'; readonly undo: boolean })
  | (Payable & { readonly status: 'authorized'; readonly authorizationId: string })
  | (Payer & { readonly status: 'authorization_declined'; readonly code: string })
  | (Payable & { readonly status: 'authorization_unknown'; readonly reason: Failure })
  | (Payable & { readonly status: 'capturing'; readonly undo: boolean })
  | (Payable & { readonly status: 'captured'; readonly captureId: string })
  | (Payable & { readonly status: 'capture_declined'; readonly code: string })
  | (Payable & { readonly status: 'capture_unknown'; readonly reason: Failure })
  | (Payable & { readonly status: 'voiding' })
  | (Payer & { readonly status: 'voided'; readonly released: Money })
  | (Payable & { readonly status: 'void_unknown'; readonly reason: Failure })
  | (Payable & { readonly status: 'refunding' })
  | (Payable & { readonly status: 'refunded'; readonly refundId: string })
  | (Payable & { readonly status: 'refund_unknown'; readonly reason: Failure })

export type PaymentStatus = Payment['status']

type Event<Type extends string, Data = Record<never, never>> = { readonly type: Type; readonly data: Data }

/** What happened to a payment, as its stream `payment-<orderId>` keeps it. */
export type PaymentEvent =
  | Event<'AuthorizationRequested', Payable>
  | Event<'Authorized', { authorizationId: string }>
  | Event<'AuthorizationDeclined', { code: string }>
  | Event<'AuthorizationFailed', { reason: Failure }>
  | Event<'CaptureRequested'>
  | Event<'Captured', { captureId: string }>
  | Event<'CaptureDeclined', { code: string }>
  | Event<'CaptureFailed', { reason: Failure }>
  /** Asked for while the provider was busy with an earlier call for this payment. */
  | Event<'UndoRemembered'>
  | Event<'VoidRequested'>
  | Event<'Voided', Payer & { released: Money }>
  | Event<'VoidFailed', { reason: Failure }>
  | Event<'RefundRequested'>
  | Event<'Refunded', { refundId: string }>
  | Event<'RefundFailed', { reason: Failure }>
  /** Somebody asked for what is already settled and hears again how it is. */
  | Event<'AnswerRepeated'>

export const evolve = (payment: Payment, event: PaymentEvent): Payment => {
  switch (event.type) {
    case 'AuthorizationRequested':
      return { status: 'authorizing', ...event.data, undo: false }
    case 'Voided':
      return { status: 'voided', ...event.data }
    case 'AnswerRepeated':
      return payment
    case 'UndoRemembered':
      return 'undo' in payment ? { ...payment, undo: true } : payment
    default:
      return settle(payable(payment), event)
  }
}

type Rest = Exclude<PaymentEvent, { type: 'AuthorizationRequested' | 'Voided' | 'AnswerRepeated' | 'UndoRemembered' }>

const settle = (about: Payable, event: Rest): Payment => {
  switch (event.type) {
    case 'Authorized':
      return { ...about, status: 'authorized', ...event.data }
    case 'AuthorizationDeclined':
      return { ...about, status: 'authorization_declined', ...event.data }
    case 'AuthorizationFailed':
      return { ...about, status: 'authorization_unknown', ...event.data }
    case 'CaptureRequested':
      return { ...about, status: 'capturing', undo: false }
    case 'Captured':
      return { ...about, status: 'captured', ...event.data }
    case 'CaptureDeclined':
      return { ...about, status: 'capture_declined', ...event.data }
    case 'CaptureFailed':
      return { ...about, status: 'capture_unknown', ...event.data }
    case 'VoidRequested':
      return { ...about, status: 'voiding' }
    case 'VoidFailed':
      return { ...about, status: 'void_unknown', ...event.data }
    case 'RefundRequested':
      return { ...about, status: 'refunding' }
    case 'Refunded':
      return { ...about, status: 'refunded', ...event.data }
    case 'RefundFailed':
      return { ...about, status: 'refund_unknown', ...event.data }
    default:
      return unreachable(event)
  }
}

const payable = (payment: Payment): Payable => {
  if (!('amount' in payment)) throw new Error(`a payment that is ${payment.status} has no amount`)
  const { orderId, customerId, amount, token } = payment
  return { orderId, customerId, amount, token }
}
