import type { Consequences, NotificationDelivery } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Effects } from '#libs/effects'
import { Outbox } from '#libs/outbox'
import type { CustomerKey } from '#libs/personal-data'
import { deliverMessage } from './deliver.ts'
import { hasRoom, type Limits } from './domain/allowance.ts'
import { type Channel, type Priority, priorityOf, type ToldKind } from './domain/channels.ts'
import type { Customers } from './domain/customers.ts'
import { channelsFor, type Preferences } from './domain/preferences.ts'
import { quietUntil } from './domain/quiet-hours.ts'
import { Notifications } from './notifications.ts'
import { preferencesOf, type Recipient, Recipients } from './recipients.ts'
import { keyOf, type Sealing, sealedOnce } from './sealing.ts'
import { latestVersion } from './templates/catalogue.ts'
import type { Values } from './templates/render.ts'
import { WaitingRoom } from './waiting-room.ts'

/** Something that a customer is to be told: once, whoever says it however often. */
export interface News {
  readonly kind: ToldKind
  /** What it is about: the order, or for a campaign an id made of it and the customer. */
  readonly orderId: string
  readonly returnId?: string | undefined
  readonly campaignId?: string
  readonly customerId: string
  /** Of the catalogue; default: the kind. */
  readonly template?: string
  readonly values: Values
  /** What a customer without preferences reads, as a plain mail that needs no queue. */
  readonly plainMail?: () => { readonly subject: string; readonly text: string }
}

export interface TellOptions {
  readonly customers: Customers
  readonly limits: Limits
  readonly personal: Sealing
}

/**
 * Of an hour's allowance the last tenth is given out only by who has the customer's row locked (`TurnTaker`): what is
 * begun here is counted without a lock, and two processes may count at the same time.
 */
const UNLOCKED_SHARE = 0.9

export type Teller = ReturnType<typeof teller>

/** Begins notifications: by which channels, and whether now or when it is their turn. */
export const teller = ({ customers, limits, personal }: TellOptions) => {
  const unlocked: Limits = {
    perHour: Math.floor(limits.perHour * UNLOCKED_SHARE),
    overdraft: Math.floor(limits.overdraft * UNLOCKED_SHARE),
  }

  /** Announces what `tell` will read. */
  const announce = (uow: UnitOfWork, news: Pick<News, 'kind' | 'orderId' | 'returnId' | 'customerId'>): void => {
    uow.part(Notifications).announce(news)
    uow.part(Recipients).announce(news.customerId)
    // Asked for together with everybody's that is announced; whoever fails is asked for again where it is needed.
    void keyOf(personal, news.customerId).catch(() => undefined)
  }

  const tell = async (uow: UnitOfWork, consequences: Consequences, news: News): Promise<void> => {
    if (!(await uow.part(Notifications).isNews(news))) return
    const recipient = await uow.part(Recipients).of(news.customerId)
    const preferences = preferencesOf(recipient)
    const chosen = channelsFor(preferences, recipient.switchedOff, news.kind)
    if (chosen.length === 0) return skip(uow, consequences, news, NOT_WANTED)
    const key = await keyOf(personal, news.customerId)
    if (key === undefined) return skip(uow, consequences, news, ERASED)
    for (const channel of chosen) begin(uow, consequences, news, { channel, preferences, recipient, key })
  }

  const begin = (
    uow: UnitOfWork,
    consequences: Consequences,
    news: News,
    { channel, preferences, recipient, key }: Chosen,
  ): void => {
    const notificationId = consequences.nextId()
    const { orderId, returnId, customerId, kind, campaignId } = news
    const priority = priorityOf(kind)
    const to = sealedOnce(key, addressOf(customers, preferences, customerId, channel))
    const about = { orderId, ...(returnId && { returnId }), customerId, kind, channel, to }
    const notBefore = earliest(uow.now, preferences, priority)
    const goesNow = notBefore <= uow.now && !recipient.hasWaiting && hasRoom(recipient.released, priority, unlocked)
    if (goesNow) recipient.released++
    uow.part(Notifications).begin({
      ...{ notificationId, ...about, priority, ...(campaignId && { campaignId }) },
      ...(goesNow ? { status: 'pending', isReleased: true } : { status: 'waiting', isReleased: false }),
    })
    if (goesNow && channel === 'email' && recipient.preferences === undefined && news.plainMail) {
      const { subject, text } = news.plainMail()
      const payload = { notification: { notificationId, ...about }, subject, text: key.seal(text) }
      uow.part(Effects).add({ id: notificationId, kind: 'email', key: orderId, payload, cause: consequences.cause })
      return
    }
    // Whoever has said nothing reads the same, at once or later: without being called by name.
    const name = recipient.preferences && customers.nameOf(customerId)
    const values = { ...news.values, ...(name !== undefined && { name: key.seal(name) }) }
    const delivery = deliveryOf({ ...news, values }, { ...about, notificationId, priority }, preferences)
    const message = deliverMessage(consequences, delivery)
    if (goesNow) uow.part(Outbox).add(message)
    else uow.part(WaitingRoom).add({ message, notBefore })
  }

  return { announce, tell }
}

interface Chosen {
  readonly channel: Channel
  readonly preferences: Preferences
  readonly recipient: Recipient
  /** Of the customer. */
  readonly key: Pick<CustomerKey, 'seal'>
}

const NOT_WANTED = 'the customer wants no word of this, or cannot be reached'
const ERASED = 'the personal data of the customer was erased'

const skip = (uow: UnitOfWork, consequences: Consequences, news: News, error: string): void => {
  const { orderId, returnId, customerId, kind, campaignId } = news
  uow.part(Notifications).begin({
    ...{ notificationId: consequences.nextId(), orderId, returnId, campaignId, customerId, kind },
    ...{ channel: 'none', to: '', priority: priorityOf(kind), status: 'skipped', isReleased: false },
    error,
  })
}

/** Everything but what is urgent waits for the end of quiet hours. */
const earliest = (now: Date, { quietHours, timeZone }: Preferences, priority: Priority): Date =>
  (priority !== 'high' && quietHours !== undefined && quietUntil(now, quietHours, timeZone)) || now

/** In clear, or sealed as the preferences have it. */
export const addressOf = (
  customers: Customers,
  { addresses }: Preferences,
  customerId: string,
  channel: Channel,
): string => (channel === 'email' ? customers.emailOf(customerId) : addresses[channel]!)

/** In the words of today, in the customer's language. */
const deliveryOf = (
  { template, values, campaignId }: News,
  about: Pick<
    NotificationDelivery,
    'notificationId' | 'orderId' | 'returnId' | 'customerId' | 'kind' | 'channel' | 'to' | 'priority'
  >,
  { locale }: Preferences,
): NotificationDelivery => {
  const name = template ?? about.kind
  return {
    ...{ ...about, ...(campaignId && { campaignId }), locale, template: name, values },
    templateVersion: latestVersion(name, about.channel, locale) ?? 1,
  }
}
