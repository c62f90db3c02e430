import type { DataOf, Failure, Money } from '#libs/contracts'
import { type Decider, type Refusal, refuse, unreachable } from '#libs/decider'
import { partAnswered, refundReturn } from './part-refund.ts'
import { evolve, type Payment, type PaymentEvent } from './payment.ts'
import { paymentVersions } from './versions.ts'

/** How a call to the provider ended. */
export type Answer<Done> =
  | ({ readonly outcome: 'done' } & Readonly<Done>)
  /** The provider said no on purpose. */
  | { readonly outcome: 'refused'; readonly code: string }
  /** No usable answer: it may have taken place or not. */
  | { readonly outcome: 'failed'; readonly reason: Failure }

export type ProviderAnswer =
  | { readonly operation: 'authorize'; readonly answer: Answer<{ authorizationId: string }> }
  | { readonly operation: 'capture'; readonly answer: Answer<{ captureId: string }> }
  /** `released`: there was an authorization to void. */
  | { readonly operation: 'void'; readonly answer: Answer<{ released: boolean }> }
  | { readonly operation: 'refund'; readonly answer: Answer<{ refundId: string }> }
  | { readonly operation: 'refund-return'; readonly returnId: string; readonly answer: Answer<{ refundId: string }> }

export type Operation = ProviderAnswer['operation']

export type PaymentInput =
  | { readonly type: 'authorize'; readonly data: DataOf<'payment.authorize'> }
  | { readonly type: 'capture'; readonly data: DataOf<'payment.capture'> }
  | { readonly type: 'void'; readonly data: DataOf<'payment.void'> }
  | { readonly type: 'refund'; readonly data: DataOf<'payment.refund'> }
  /** A part of what was captured goes back. */
  | { readonly type: 'refundReturn'; readonly data: DataOf<'payment.refund-return'> }
  | ({ readonly type: 'answered' } & ProviderAnswer)

export type PaymentRefusal = 'nothing_to_capture' | 'nothing_to_refund' | 'more_than_captured' | 'unexpected_answer'

export type Decision = readonly PaymentEvent[] | Refusal<PaymentRefusal>

/** Nothing was ever authorized, so nothing has a currency: ISO 4217 has a code for that. */
const NOTHING: Money = { amount: 0, currency: 'XXX' }

const event = <T extends PaymentEvent['type']>(
  type: T,
  ...[data]: Record<never, never> extends DataFor<T> ? [] : [DataFor<T>]
): PaymentEvent => ({ type, data: data ?? {} }) as PaymentEvent
type DataFor<T> = Extract<PaymentEvent, { type: T }>['data']

export const decide = (payment: Payment, input: PaymentInput): Decision => {
  switch (input.type) {
    case 'authorize':
      return authorize(payment, input.data)
    case 'capture':
      return capture(payment)
    case 'void':
      return payment.status === 'none' ? nothingVoided(input.data) : undo(payment)
    case 'refund':
      return payment.status === 'none' ? refuse('nothing_to_refund', 'no payment is known') : undo(payment)
    case 'refundReturn':
      return refundReturn(payment, input.data)
    case 'answered':
      return input.operation === 'refund-return'
        ? partAnswered(payment, input.returnId, input.answer)
        : answered(payment, input)
  }
}

/** A call under way answers whoever asks when it ends; whatever is settled is said again. */
const again = (payment: Payment): readonly PaymentEvent[] => (isUnderWay(payment) ? [] : [event('AnswerRepeated')])

export const isUnderWay = ({ status }: Payment): boolean =>
  status === 'authorizing' || status === 'capturing' || status === 'voiding' || status === 'refunding'

const authorize = (payment: Payment, data: DataOf<'payment.authorize'>): Decision =>
  payment.status === 'none' || payment.status === 'authorization_unknown'
    ? [event('AuthorizationRequested', data)]
    : again(payment)

const capture = (payment: Payment): Decision => {
  switch (payment.status) {
    case 'authorized':
    case 'capture_unknown':
      return [event('CaptureRequested')]
    case 'none':
    case 'authorizing':
    case 'authorization_declined':
    case 'authorization_unknown':
      return refuse('nothing_to_capture', `the payment is ${payment.status}`)
    default:
      return again(payment)
  }
}

type Known = Exclude<Payment, { status: 'none' }>

/**
 * Void and refund are one wish, "no money of the customer shall stay with us"; what it takes depends on how far the
 * payment got. After a lost answer the provider is asked to void, because it refuses that for a captured payment.
 */
const undo = (payment: Known): readonly PaymentEvent[] => {
  switch (payment.status) {
    case 'authorizing':
    case 'capturing':
      return payment.undo ? [] : [event('UndoRemembered')]
    case 'authorized':
    case 'authorization_unknown':
    case 'capture_declined':
    case 'capture_unknown':
    case 'void_declined':
    case 'void_unknown':
      return [event('VoidRequested')]
    case 'captured':
    case 'refund_declined':
    case 'refund_unknown':
      return [event('RefundRequested')]
    case 'authorization_declined':
      return nothingVoided(payment)
    default:
      return again(payment)
  }
}

const nothingVoided = ({ orderId, customerId }: { orderId: string; customerId: string }): readonly PaymentEvent[] => [
  event('Voided', { orderId, customerId, released: NOTHING }),
]

type WholeAnswer = Exclude<ProviderAnswer, { operation: 'refund-return' }>

const answered = (payment: Payment, { operation, answer }: WholeAnswer): Decision => {
  if (payment.status === 'authorizing' && operation === 'authorize')
    return thenUndo(payment, authorizationEnded(answer))
  if (payment.status === 'capturing' && operation === 'capture') return thenUndo(payment, captureEnded(payment, answer))
  if (payment.status === 'voiding' && operation === 'void') return voidEnded(payment, answer)
  if (payment.status === 'refunding' && operation === 'refund') return [refundEnded(answer)]
  return refuse('unexpected_answer', `to ${operation}, while the payment is ${payment.status}`)
}

/** Somebody asked to undo it while the call was under way: now that its outcome is known, that is done at once. */
const thenUndo = (payment: Known & { undo: boolean }, outcome: PaymentEvent): readonly PaymentEvent[] =>
  payment.undo ? [outcome, ...undo(evolve(payment, outcome) as Known)] : [outcome]

const authorizationEnded = (answer: Answer<{ authorizationId: string }>): PaymentEvent => {
  switch (answer.outcome) {
    case 'done':
      return event('Authorized', { authorizationId: answer.authorizationId })
    case 'refused':
      return event('AuthorizationDeclined', { code: answer.code })
    case 'failed':
      return event('AuthorizationFailed', { reason: answer.reason })
    default:
      return unreachable(answer)
  }
}

const captureEnded = (
  { amount }: Extract<Payment, { status: 'capturing' }>,
  answer: Answer<{ captureId: string }>,
): PaymentEvent => {
  switch (answer.outcome) {
    case 'done':
      return event('Captured', { captureId: answer.captureId, amount })
    case 'refused':
      return event('CaptureDeclined', { code: answer.code })
    case 'failed':
      return event('CaptureFailed', { reason: answer.reason })
    default:
      return unreachable(answer)
  }
}

type Voiding = Extract<Payment, { status: 'voiding' }>

const voidEnded = (payment: Voiding, answer: Answer<{ released: boolean }>): readonly PaymentEvent[] => {
  const { orderId, customerId, amount } = payment
  switch (answer.outcome) {
    case 'done':
      return [event('Voided', { orderId, customerId, released: answer.released ? amount : { ...amount, amount: 0 } })]
    case 'refused':
      // The capture whose answer was lost did take place. Asked again, the provider says what it had answered.
      return answer.code === 'already_captured' && payment.authorizationId !== undefined
        ? [event('CaptureRequested'), event('UndoRemembered')]
        : [event('VoidDeclined', { code: answer.code })]
    case 'failed':
      return [event('VoidFailed', { reason: answer.reason })]
    default:
      return unreachable(answer)
  }
}

const refundEnded = (answer: Answer<{ refundId: string }>): PaymentEvent => {
  switch (answer.outcome) {
    case 'done':
      return event('Refunded', { refundId: answer.refundId })
    case 'refused':
      return event('RefundDeclined', { code: answer.code })
    case 'failed':
      return event('RefundFailed', { reason: answer.reason })
    default:
      return unreachable(answer)
  }
}

export const paymentDecider: Decider<Payment, PaymentInput, PaymentEvent, PaymentRefusal> = {
  initial: { status: 'none' },
  decide,
  evolve,
  upcast: paymentVersions,
}
