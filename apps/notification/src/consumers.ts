import { Effects } from '#libs/effects'
import { type HandlersOf, handlersFor, ignore } from '#libs/messaging'
import type { Customers } from './domain/customers.ts'
import { noticeOf, told, untold } from './domain/notice.ts'
import { Notifications } from './notifications.ts'

/** Turns what happened to an order into an e-mail that is owed, in one transaction. */
export const consumersFor = (customers: Customers): HandlersOf<'orders'> => ({
  ...handlersFor(told, {
    handle: (fact, { uow, consequences }) => {
      const { kind, orderId, customerId, subject, text } = noticeOf(fact)
      const to = customers.emailOf(customerId)
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
    },
  }),
  ...handlersFor(untold, ignore),
})
