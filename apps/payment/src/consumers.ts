import type { DataOf } from '#libs/contracts'
import { type HandlersOf, ignoreOthers } from '#libs/messaging'
import { on, react } from '#libs/service'
import type { PaymentInput } from './domain/decide.ts'
import { payments } from './payment-aggregate.ts'

type Order = Pick<DataOf<'order.overdue'>, 'orderId' | 'customerId'>
type PayableOrder = Pick<DataOf<'order.overdue'>, 'orderId' | 'customerId' | 'total' | 'payment'>

// What the facts of a choreographed order mean to its payment.
const authorize = ({ orderId, customerId, total, payment }: PayableOrder): PaymentInput => ({
  type: 'authorize',
  data: { orderId, customerId, amount: total, token: payment.token },
})
const capture = ({ orderId, customerId }: Order): PaymentInput => ({ type: 'capture', data: { orderId, customerId } })
const undo = ({ orderId, customerId }: Order): PaymentInput => ({ type: 'void', data: { orderId, customerId } })

/**
 * Message type → decision. The decisions are the same in both styles, only who triggers them differs: the saga of an
 * orchestrated order commands, a choreographed order's own facts bring them about.
 */
export const consumers: HandlersOf<'payment-commands' | 'orders'> = {
  'payment.authorize': on(payments, 'authorize'),
  'order.placed': react(payments, authorize),

  'payment.capture': on(payments, 'capture'),
  'order.confirmed': react(payments, capture),

  'payment.void': on(payments, 'void'),
  'payment.refund': on(payments, 'refund'),
  'order.withdrawn': react(payments, (order) => (order.toUndo.includes('payment') ? undo(order) : undefined)),

  'order.overdue': react(payments, (order) => {
    if (order.awaiting === 'payment.authorized') return authorize(order)
    if (order.awaiting === 'payment.captured') return capture(order)
    return order.awaiting === 'payment.voided' ? undo(order) : undefined
  }),

  'payment.refund-return': on(payments, 'refundReturn'),

  ...ignoreOthers('orders', ['order.placed', 'order.confirmed', 'order.withdrawn', 'order.overdue']),
}
