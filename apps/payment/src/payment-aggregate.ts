import type { AggregateType } from '#libs/service'
import { type PaymentInput, type PaymentRefusal, paymentDecider } from './domain/decide.ts'
import type { Payment, PaymentEvent } from './domain/payment.ts'
import { reactionTo } from './domain/reaction.ts'

export const payments: AggregateType<Payment, PaymentInput, PaymentEvent, PaymentRefusal> = {
  decider: paymentDecider,
  stream: (orderId) => `payment-${orderId}`,
  react: reactionTo,
}
