import { z } from 'zod'
import { on } from './definition.ts'
import { customerId, orderId } from './values.ts'

const fact = on('notifications')

export const notificationKind = z.enum([
  'order_confirmed',
  'order_shipped',
  'order_completed',
  'order_rejected',
  'order_cancelled',
])
export type NotificationKind = z.infer<typeof notificationKind>

const notification = z.object({
  notificationId: z.uuid(),
  orderId,
  customerId,
  kind: notificationKind,
  channel: z.enum(['email', 'sms', 'push']),
  to: z.string(),
})

export const notificationFacts = {
  'notification.sent': fact.message(notification),
  'notification.failed': fact.message(notification.extend({ error: z.string() })),
}
