import { ConcurrencyConflict, GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import type { Channel, Priority, ToldKind } from './domain/channels.ts'
import { findNotifications } from './sql/find-notifications.ts'
import { insertNotifications } from './sql/insert-notifications.ts'
import { recordDeliveries } from './sql/record-deliveries.ts'

/** What a customer is told once, by one channel, about one order, one return of it, or by one campaign. */
export interface Notification {
  readonly notificationId: string
  readonly orderId: string
  readonly returnId?: string | undefined
  readonly customerId: string
  readonly kind: ToldKind
  readonly channel: Channel
  readonly to: string
}

/** As it begins. */
export interface BegunNotification extends Omit<Notification, 'channel'> {
  /** `none`: the customer wants no word of it, or cannot be reached. */
  readonly channel: Channel | 'none'
  readonly campaignId?: string | undefined
  readonly priority: Priority
  /** `waiting` for its turn, which others give it; `pending`: it goes out now. */
  readonly status: 'pending' | 'waiting' | 'skipped'
  /** Counts for its customer's hour. */
  readonly isReleased: boolean
  /** The channel that failed before. */
  readonly replaces?: Channel
  readonly error?: string
}

export interface Delivery extends DeliveryName {
  readonly status: 'sent' | 'failed'
  readonly error?: string
  readonly tries?: number
}

export type NotificationName = Pick<Notification, 'orderId' | 'kind'> & {
  readonly returnId?: string | null | undefined
}
export type DeliveryName = NotificationName & Pick<Notification, 'channel'>

/**
 * The notifications that this unit of work begins and ends, each written in one statement. The rows know what has been
 * begun before, however long ago the message was handled first.
 */
export class Notifications implements Part {
  readonly #reads = new GatheredReads<NotificationName>((asked) => this.#read(asked))
  readonly #known = new Set<string>()
  readonly #begun: BegunNotification[] = []
  readonly #replacing: BegunNotification[] = []
  readonly #ended: Delivery[] = []

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that `isNews` will ask for it. */
  announce({ orderId, kind, returnId }: NotificationName): void {
    const name = { orderId, kind, returnId }
    this.#reads.announce(nameOf(name), name)
  }

  prefetch(): void {
    this.#reads.send()
  }

  /** True once: false when the customer has been or is being told of this, by whatever channels. */
  async isNews(notification: NotificationName): Promise<boolean> {
    this.announce(notification)
    await this.#reads.done()
    const name = nameOf(notification)
    if (this.#known.has(name)) return false
    this.#known.add(name)
    return true
  }

  /** Of something that is news. */
  begin(notification: BegunNotification): void {
    this.#begun.push(notification)
  }

  /** By another channel than the one that failed. One that was begun before is left as it is. */
  replace(notification: BegunNotification): void {
    this.#replacing.push(notification)
  }

  end(delivery: Delivery): void {
    this.#ended.push(delivery)
  }

  async flush(sql: Sql): Promise<void> {
    const { now } = this.uow
    const [inserted] = await Promise.all([
      this.#begun.length > 0 ? insertNotifications(sql, this.#begun, now) : 0,
      this.#ended.length > 0 && recordDeliveries(sql, this.#ended, now),
      this.#replacing.length > 0 && insertNotifications(sql, this.#replacing, now),
    ])
    if (inserted < this.#begun.length)
      throw new ConcurrencyConflict('another transaction began the notification of a customer first')
  }

  async #read(asked: readonly NotificationName[]): Promise<void> {
    for (const name of await findNotifications(this.uow, asked)) this.#known.add(nameOf(name))
  }
}

/** As the database writes a UUID; other senders may not. */
const nameOf = ({ orderId, kind, returnId }: NotificationName): string =>
  `${orderId.toLowerCase()}/${kind}/${returnId?.toLowerCase() ?? ''}`
