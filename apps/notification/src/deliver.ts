import type { Consequences, Message, NotificationDelivery } from '#libs/contracts'
import type { Priority } from './domain/channels.ts'

/** A queue for each priority, and on it one type of message. */
export const deliverTypes = {
  high: 'notification.deliver-high',
  normal: 'notification.deliver-normal',
  low: 'notification.deliver-low',
} as const satisfies Record<Priority, string>
export type DeliverType = (typeof deliverTypes)[Priority]

/** Has the id of its notification, which is also what a provider gets to see as the idempotency key. */
export const deliverMessage = (consequences: Consequences, delivery: NotificationDelivery): Message<DeliverType> =>
  consequences.message(deliverTypes[delivery.priority], {
    ...{ id: delivery.notificationId, subject: delivery.orderId, key: delivery.customerId, data: delivery },
  })
