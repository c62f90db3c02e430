import { streamKind } from '#libs/decider'
import { paymentDecider } from './decide.ts'
import type { Payment, PaymentEvent } from './payment.ts'

export const streamKinds = [
  streamKind<Payment, PaymentEvent>('payment', paymentDecider, {
    ...{ AuthorizationRequested: true, Authorized: true, AuthorizationDeclined: true, AuthorizationFailed: true },
    ...{ CaptureRequested: true, Captured: true, CaptureDeclined: true, CaptureFailed: true, UndoRemembered: true },
    ...{ VoidRequested: true, Voided: true, VoidDeclined: true, VoidFailed: true },
    ...{ RefundRequested: true, Refunded: true, RefundDeclined: true, RefundFailed: true },
    ...{ PartRefundRequested: true, PartRefunded: true, PartRefundFailed: true, PartAnswerRepeated: true },
    AnswerRepeated: true,
  }),
]
