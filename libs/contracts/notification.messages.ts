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

const channel = z.enum(['email', 'sms', 'push'])

const notification = z.object({
  notificationId: z.uuid(),
  orderId,
  /** Which one, where the kind is about a return. */
  returnId: returnId.optional(),
  customerId,
  kind: notificationKind,
  channel,
  to: z.string(),
})

export const notificationFacts = {
  'notification.sent': fact.message(notification),
  'notification.failed': fact.message(notification.extend({ error: z.string() })),
  /** Nobody can be reached there: nothing more goes that way until the customer says where. */
  'notification.channel-switched-off': fact.message(
    z.object({ customerId, channel, to: z.string(), reason: z.string() }),
  ),
}

/** One notification that is to go out by one channel, in words that are settled: every try says the same. */
const delivery = notification.extend({
  /** Of a campaign: an id made of it and the customer. */
  orderId,
  campaignId: z.uuid().optional(),
  kind: z.enum([...notificationKind.options, 'campaign']),
  priority: z.enum(['high', 'normal', 'low']),
  locale: z.enum(['en', 'de', 'sv']),
  template: z.string(),
  templateVersion: z.int().min(1),
  /** What the template is filled with. */
  values: z.record(z.string(), z.unknown()),
})
export type NotificationDelivery = z.infer<typeof delivery>

/** To the notification service itself: queues, so that no backlog of one priority delays another. */
export const notificationCommands = {
  'notification.deliver-high': on('notifications-high').message(delivery),
  'notification.deliver-normal': on('notifications-normal').message(delivery),
  'notification.deliver-low': on('notifications-low').message(delivery),
}
