import { z } from 'zod'
import { asItWas, on } from './definition.ts'
import { customerId, failure, money, orderId } from './values.ts'

const fact = on('payments')
const command = on('payment-commands')
const payment = z.object({ orderId, customerId })
const operation = z.enum(['authorize', 'capture', 'void', 'refund'])

export const paymentFacts = {
  'payment.authorized': fact.message(payment.extend({ authorizationId: z.string(), amount: money })),
  /**
   * The provider's final "no"; asking again would not change it. Version 1 knew it of an authorization and a capture only:
   * a refused void or refund was a `payment.failed`.
   */
  'payment.declined': fact.message(payment.extend({ operation, code: z.string() }), [asItWas]),
  'payment.captured': fact.message(payment.extend({ captureId: z.string(), amount: money })),
  /** `amount` is what was released, 0 when there was nothing to void. */
  'payment.voided': fact.message(payment.extend({ amount: money })),
  'payment.refunded': fact.message(payment.extend({ refundId: z.string(), amount: money })),
  /** The provider gave no usable answer within the bounded retries; whether the operation took place is unknown. */
  'payment.failed': fact.message(payment.extend({ operation, reason: failure })),
}

export const paymentCommands = {
  'payment.authorize': command.message(payment.extend({ amount: money, token: z.string() })),
  'payment.capture': command.message(payment),
  /** Undo an authorization, also one whose outcome is unknown. */
  'payment.void': command.message(payment),
  'payment.refund': command.message(payment),
}
