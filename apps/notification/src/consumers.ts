import { type HandlersOf, handlersFor, ignore } from '#libs/messaging'
import { ignoredTypes, nameOf, noticeOf, notifiedTypes, valuesOf } from './domain/notice.ts'
import type { Teller } from './tell.ts'

/** Turns what happened to an order into notifications that are owed, in one transaction. */
export const consumersFor = ({ announce, tell }: Teller): HandlersOf<'orders'> => ({
  ...handlersFor(notifiedTypes, {
    announce: (fact, uow) => announce(uow, { ...nameOf(fact), customerId: fact.data.customerId }),
    handle: (fact, { uow, consequences }) =>
      tell(uow, consequences, {
        ...{ ...nameOf(fact), customerId: fact.data.customerId, values: valuesOf(fact) },
        plainMail: () => {
          const { subject, text } = noticeOf(fact)
          return { subject, text }
        },
      }),
  }),
  ...handlersFor(ignoredTypes, ignore),
})
