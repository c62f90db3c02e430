import { z } from 'zod'
import { on } from './definition.ts'
import { customerId, orderId, returnId } from './values.ts'

const fact = on('notifications')

export const notificationKind = z.enum([
  'order_confirmed',
  'order_shipped',
  'order_completed',
  'order_rejected',
  'order_cancelled',
  'return_requested',
  'return_label_issued',
  'return_received',
  'return_inspected',
  'return_completed',
  'return_refused',
  'return_impossible',
  'return_lost',
  'return_cancelled',
])
export type NotificationKind = z.infer<typeof notificationKind>

const notification = z.object({
  notificationId: z.uuid(),
  orderId,
  /** Which one, where the kind is about a return. */
  returnId: returnId.optional(),
  customerId,
  kind: notificationKind,
  channel: z.enum(['email', 'sms', 'push']),
  to: z.string(),
})

export const notificationFacts = {
  'notification.sent': fact.message(notification),
  'notification.failed': fact.message(notification.extend({ error: z.string() })),
}
