import type { StoredEvents } from '#libs/testing'
import { paymentDecider } from './decide.ts'
import type { Payment, PaymentEvent } from './payment.ts'

const payer = { orderId: 'ae0e8d2a-88a8-44c0-893e-f7bdd7d8e061', customerId: 'cust-0001' }
const amount = { amount: 2670, currency: 'EUR' }
const returnId = '7c0f6f0e-5f0b-5b62-8f1e-0d1f6a7b8c90'
const part = { amount: 890, currency: 'EUR' }

const authorized = ['AuthorizationRequested', 'Authorized'] as const
const captured = [...authorized, 'CaptureRequested', 'Captured'] as const

export const paymentEvents: StoredEvents<Payment, PaymentEvent> = {
  evolution: paymentDecider,
  first: {
    AuthorizationRequested: { ...payer, amount, token: 'tok_ok' },
    Authorized: { authorizationId: 'auth_64222ffa79a444c6bd85' },
    AuthorizationDeclined: { code: 'card_declined' },
    AuthorizationFailed: { reason: 'timeout' },
    CaptureRequested: {},
    Captured: { captureId: 'cap_95b74b61fc29400eb720' },
    CaptureDeclined: { code: 'insufficient_funds' },
    CaptureFailed: { reason: 'error' },
    UndoRemembered: {},
    VoidRequested: {},
    Voided: { ...payer, released: amount },
    VoidDeclined: { code: 'already_captured' },
    VoidFailed: { reason: 'timeout' },
    RefundRequested: {},
    Refunded: { refundId: 'ref_3ec6d2c2c0ce430aac99' },
    RefundDeclined: { code: 'account_closed' },
    RefundFailed: { reason: 'error' },
    PartRefundRequested: { returnId, amount: part },
    PartRefunded: { returnId, refundId: 'ref_5ec6d2c2c0ce430aac99' },
    PartRefundFailed: { returnId, reason: 'timeout' },
    PartAnswerRepeated: { returnId },
    AnswerRepeated: {},
  },
  later: [{ Captured: { captureId: 'cap_95b74b61fc29400eb720', amount } }],
  streams: [
    {
      types: ['AuthorizationRequested', 'AuthorizationDeclined', 'AnswerRepeated'],
      is: { ...payer, code: 'card_declined' },
    },
    {
      types: ['AuthorizationRequested', 'AuthorizationFailed', 'VoidRequested', 'VoidFailed'],
      is: { status: 'void_unknown', reason: 'timeout' },
    },
    {
      types: ['AuthorizationRequested', 'UndoRemembered', 'Authorized', 'VoidRequested', 'Voided'],
      is: { status: 'voided', released: amount },
    },
    { types: [...authorized, 'VoidRequested', 'VoidDeclined'], is: { status: 'void_declined', amount } },
    { types: [...authorized, 'CaptureRequested', 'CaptureDeclined'], is: { status: 'capture_declined', amount } },
    { types: [...authorized, 'CaptureRequested', 'CaptureFailed'], is: { status: 'capture_unknown', reason: 'error' } },
    { types: [...captured], is: { status: 'captured', amount, captureId: 'cap_95b74b61fc29400eb720' } },
    {
      types: [...captured, 'RefundRequested', 'Refunded'],
      is: { status: 'refunded', amount, refundId: 'ref_3ec6d2c2c0ce430aac99' },
    },
    {
      types: [...captured, 'RefundRequested', 'RefundDeclined'],
      is: { status: 'refund_declined', code: 'account_closed' },
    },
    { types: [...captured, 'RefundRequested', 'RefundFailed'], is: { status: 'refund_unknown', reason: 'error' } },
    {
      types: [
        ...captured,
        'PartRefundRequested',
        'PartRefundFailed',
        'PartRefundRequested',
        'PartRefunded',
        'PartAnswerRepeated',
      ],
      is: { status: 'captured', parts: { [returnId]: { status: 'refunded', amount: part } } },
    },
  ],
}
