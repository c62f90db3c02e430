import { Effects } from '#libs/effects'
import { type HandlersOf, handlersFor, ignore } from '#libs/messaging'
import type { Customers } from './domain/customers.ts'
import { ignoredTypes, nameOf, noticeOf, notifiedTypes } from './domain/notice.ts'
import { Notifications } from './notifications.ts'

/** Turns what happened to an order into an e-mail that is owed, in one transaction. */
export const consumersFor = (customers: Customers): HandlersOf<'orders'> => ({
  ...handlersFor(notifiedTypes, {
    announce: (fact, uow) => uow.part(Notifications).announce(nameOf(fact)),
    handle: async (fact, { uow, consequences }) => {
      const { subject, text, ...about } = noticeOf(fact)
      const to = customers.emailOf(about.customerId)
      const notificationId = consequences.nextId()
      const notification = { notificationId, ...about, channel: 'email', to } as const
      if (!(await uow.part(Notifications).begin(notification))) return
      uow.part(Effects).add({
        id: notificationId,
        kind: 'email',
        key: about.orderId,
        payload: { notification, subject, text },
        cause: consequences.cause,
      })
    },
  }),
  ...handlersFor(ignoredTypes, ignore),
})
