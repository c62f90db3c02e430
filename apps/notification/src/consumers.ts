import { Controller, Inject } from '@nestjs/common'
import { Effects } from '#libs/effects'
import { Handles, type HandlersOf, type MessageContext } from '#libs/messaging'
import { Customers } from './domain/customers.ts'
import { noticeOf, type Told } from './domain/notice.ts'
import { Notifications } from './notifications.ts'

/** What on `orders` the customer is not told of. */
export const untold = ['order.placed', 'order.cancellation-requested', 'order.cancellation-refused'] as const

/** Turns what happened to an order into an e-mail that is owed, in one transaction. */
@Controller()
export class NotificationConsumers implements HandlersOf<'orders', (typeof untold)[number]> {
  constructor(@Inject(Customers) private readonly customers: Customers) {}

  @Handles('order.confirmed')
  'order.confirmed'(fact: Told, context: MessageContext): void {
    this.#tell(fact, context)
  }

  @Handles('order.shipped')
  'order.shipped'(fact: Told, context: MessageContext): void {
    this.#tell(fact, context)
  }

  @Handles('order.completed')
  'order.completed'(fact: Told, context: MessageContext): void {
    this.#tell(fact, context)
  }

  @Handles('order.rejected')
  'order.rejected'(fact: Told, context: MessageContext): void {
    this.#tell(fact, context)
  }

  @Handles('order.cancelled')
  'order.cancelled'(fact: Told, context: MessageContext): void {
    this.#tell(fact, context)
  }

  #tell(fact: Told, { uow, consequences }: MessageContext): void {
    const { kind, orderId, customerId, subject, text } = noticeOf(fact)
    const to = this.customers.emailOf(customerId)
    const notification = {
      notificationId: consequences.nextId(),
      orderId,
      customerId,
      kind,
      channel: 'email',
      to,
    } as const
    uow.part(Notifications).begin(notification)
    uow.part(Effects).add({
      id: notification.notificationId,
      kind: 'email',
      key: orderId,
      payload: { notification, subject, text },
      cause: { ...consequences.cause, id: fact.id },
    })
  }
}
