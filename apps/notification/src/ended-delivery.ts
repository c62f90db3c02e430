import { type Message, type NotificationDelivery, notificationKind, uuidFrom } from '#libs/contracts'
import type { DeadWork, Ending } from '#libs/messaging'
import { Outbox } from '#libs/outbox'
import { type DeliverType, deliverMessage } from './deliver.ts'
import type { Customers } from './domain/customers.ts'
import { fallbackFor } from './domain/preferences.ts'
import { Notifications } from './notifications.ts'
import { preferencesOf, Recipients } from './recipients.ts'
import { keyOf, type Sealing, sealedOnce } from './sealing.ts'
import { findDelivery } from './sql/find-delivery.ts'
import { switchOff } from './switched-off.ts'
import { addressOf } from './tell.ts'
import { latestVersion } from './templates/catalogue.ts'

export const recordSent = ({ uow, consequences }: Ending, delivery: NotificationDelivery, tries: number): void => {
  uow.part(Notifications).end({ ...nameOf(delivery), status: 'sent', tries })
  const fact = factOf(delivery)
  if (fact) uow.part(Outbox).add(consequences.message('notification.sent', { ...about(delivery), data: fact }))
}

/** Nobody is there: the channel is switched off, and another one takes its place if there is one. */
export const recordUnreachable = async (
  ending: Ending,
  message: Message<DeliverType>,
  { reason, tries }: { readonly reason: string; readonly tries: number },
  customers: Customers,
  personal: Sealing,
): Promise<void> => {
  const { data } = message
  fail(ending, data, `the customer cannot be reached there (${reason})`, tries)
  await switchOff(ending.uow, ending.consequences, data, reason)
  await fallBack(ending, message, customers, personal)
}

/** After the last try, or when the provider wants none. It is parked, too: a redrive is one more try. */
export const recordFailed = async (
  ending: Ending,
  message: Message<DeliverType>,
  { error, reason, attempts }: DeadWork,
  customers: Customers,
  personal: Sealing,
): Promise<void> => {
  const text = `no channel took it (${error ?? reason}); it may have arrived all the same`
  fail(ending, message.data, text, attempts)
  await fallBack(ending, message, customers, personal)
}

const fail = ({ uow, consequences }: Ending, delivery: NotificationDelivery, error: string, tries: number): void => {
  uow.part(Notifications).end({ ...nameOf(delivery), status: 'failed', error, tries })
  const fact = factOf(delivery)
  if (fact === undefined) return
  uow.part(Outbox).add(consequences.message('notification.failed', { ...about(delivery), data: { ...fact, error } }))
}

/** By the customer's fall-back: with the turn of the one that failed, so it goes at once and does not count again. */
const fallBack = async (
  { uow, consequences }: Ending,
  { data }: Message<DeliverType>,
  customers: Customers,
  personal: Sealing,
): Promise<void> => {
  const recipient = await uow.part(Recipients).of(data.customerId)
  const preferences = preferencesOf(recipient)
  const channel = fallbackFor(preferences, recipient.switchedOff, data.channel)
  // One that goes or went there anyway is enough, and so is a fall-back that was begun before.
  if (channel === undefined || (await findDelivery(uow, { ...data, channel })) !== undefined) return
  const version = latestVersion(data.template, channel, data.locale)
  if (version === undefined) return
  const key = await keyOf(personal, data.customerId)
  if (key === undefined) return
  const to = sealedOnce(key, addressOf(customers, preferences, data.customerId, channel))
  const notificationId = uuidFrom(`${data.notificationId} ${channel}`)
  const delivery = { ...data, notificationId, channel, to, templateVersion: version }
  uow.part(Notifications).replace({
    ...{ ...nameOf(data), notificationId, channel, to, customerId: data.customerId, priority: data.priority },
    ...{ status: 'pending', isReleased: false, replaces: data.channel, campaignId: data.campaignId },
  })
  uow.part(Outbox).add(deliverMessage(consequences, delivery))
}

const nameOf = ({ orderId, kind, returnId, channel }: NotificationDelivery) => ({ orderId, kind, returnId, channel })

const about = ({ orderId, customerId }: NotificationDelivery) => ({ subject: orderId, key: customerId })

/** Facts are about orders; how a campaign stands, its rows say. */
const factOf = ({ kind: told, ...delivery }: NotificationDelivery) => {
  const kind = notificationKind.safeParse(told)
  if (!kind.success) return undefined
  const { notificationId, orderId, returnId, customerId, channel, to } = delivery
  return { notificationId, orderId, ...(returnId && { returnId }), customerId, kind: kind.data, channel, to }
}
