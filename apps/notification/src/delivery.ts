import { Consequences } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { type AnyOutcome, outcomeCause } from '#libs/effects'
import { Outbox } from '#libs/outbox'
import type { Email, EmailKinds } from './email.ts'
import { Notifications } from './notifications.ts'

/** Records how an e-mail ended and tells the world. */
export const recordDelivery = async (uow: UnitOfWork, email: Email, outcome: AnyOutcome<EmailKinds>): Promise<void> => {
  const { notification } = email.payload
  const { orderId, kind, returnId, customerId, channel } = notification
  const consequences = new Consequences(outcomeCause(email), '/waybill/notification', uow.now)
  const name = { orderId, kind, returnId, channel }
  const about = { subject: orderId, key: customerId }
  if (outcome.status === 'answered' && outcome.value === 'erased') {
    const error = 'the personal data of the customer was erased'
    uow.part(Notifications).end({ ...name, status: 'failed', error })
    uow.part(Outbox).add(consequences.message('notification.failed', { ...about, data: { ...notification, error } }))
  } else if (outcome.status === 'answered') {
    uow.part(Notifications).end({ ...name, status: 'sent' })
    uow.part(Outbox).add(consequences.message('notification.sent', { ...about, data: notification }))
  } else {
    // Its last try is over, socket and all, but an answer that was lost may have been a yes.
    const error = `the mail server gave no usable answer (${outcome.reason}); the mail may have arrived all the same`
    uow.part(Notifications).end({ ...name, status: 'failed', error })
    uow.part(Outbox).add(consequences.message('notification.failed', { ...about, data: { ...notification, error } }))
  }
}
