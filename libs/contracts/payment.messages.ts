import { z } from 'zod'
import { on } from './definition.ts'
import { customerId, failure, money, orderId } from './values.ts'

const fact = on('payments')
const command = on('payment-commands')
const payment = z.object({ orderId, customerId })

export const paymentFacts = {
  'payment.authorized': fact.message(payment.extend({ authorizationId: z.string(), amount: money })),
  /** The provider's final "no" to an authorization or a capture; asking again would not change it. */
  'payment.declined': fact.message(payment.extend({ operation: z.enum(['authorize', 'capture']), code: z.string() })),
  'payment.captured': fact.message(payment.extend({ captureId: z.string(), amount: money })),
  /** `amount` is what was released, 0 when there was nothing to void. */
  'payment.voided': fact.message(payment.extend({ amount: money })),
  'payment.refunded': fact.message(payment.extend({ refundId: z.string(), amount: money })),
  /** The provider gave no usable answer within the bounded retries; whether the operation took place is unknown. */
  'payment.failed': fact.message(
    payment.extend({ operation: z.enum(['authorize', 'capture', 'void', 'refund']), reason: failure }),
  ),
}

export const paymentCommands = {
  'payment.authorize': command.message(payment.extend({ amount: money, token: z.string() })),
  'payment.capture': command.message(payment),
  /** Undo an authorization, also one whose outcome is unknown. */
  'payment.void': command.message(payment),
  'payment.refund': command.message(payment),
}
