import { Controller, Inject } from '@nestjs/common'
import { Effects } from '#libs/effects'
import { Handles, type MessageContext } from '#libs/messaging'
import { Customers } from './domain/customers.ts'
import { noticeOf, type Told, told } from './domain/notice.ts'
import { Notifications } from './notifications.ts'

/** Turns what happened to an order into an e-mail that is owed, in one transaction. */
@Controller()
export class NotificationConsumers {
  constructor(@Inject(Customers) private readonly customers: Customers) {}

  @Handles(...told)
  tell(fact: Told, { uow, consequences }: MessageContext): void {
    const { kind, orderId, customerId, subject, text } = noticeOf(fact)
    const to = this.customers.emailOf(customerId)
    const notificationId = consequences.nextId()
    const notification = { notificationId, orderId, customerId, kind, channel: 'email', to } as const
    uow.part(Notifications).begin(notification)
    uow.part(Effects).add({
      id: notificationId,
      kind: 'email',
      key: orderId,
      payload: { notification, subject, text },
      cause: consequences.cause,
    })
  }
}
