import type { HandlersOf } from '#libs/messaging'
import { on } from '#libs/service'
import { payments } from './payment-aggregate.ts'

/** Message type → decision. */
export const consumers: HandlersOf<'payment-commands'> = {
  'payment.authorize': on(payments, 'authorize'),
  'payment.capture': on(payments, 'capture'),
  'payment.void': on(payments, 'void'),
  'payment.refund': on(payments, 'refund'),
  'payment.refund-return': on(payments, 'refundReturn'),
}
