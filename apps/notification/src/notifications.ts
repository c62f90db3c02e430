import type { NotificationKind } from '#libs/contracts'
import { ConcurrencyConflict, GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { findNotifications } from './sql/find-notifications.ts'
import { insertNotifications } from './sql/insert-notifications.ts'
import { recordDeliveries } from './sql/record-deliveries.ts'

/** What a customer is told once about one order. */
export interface Notification {
  readonly notificationId: string
  readonly orderId: string
  readonly customerId: string
  readonly kind: NotificationKind
  readonly channel: 'email'
  readonly to: string
}

export interface Delivery extends Pick<Notification, 'orderId' | 'kind'> {
  readonly status: 'sent' | 'failed'
  readonly error?: string
}

type NotificationName = Pick<Notification, 'orderId' | 'kind'>

/**
 * The notifications that this unit of work begins and ends, each written in one statement. The rows know what has been
 * begun before, however long ago the message was handled first.
 */
export class Notifications implements Part {
  readonly #reads = new GatheredReads<NotificationName>((asked) => this.#read(asked))
  readonly #known = new Set<string>()
  readonly #begun: Notification[] = []
  readonly #ended: Delivery[] = []

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that `begin` will ask for it. */
  announce({ orderId, kind }: NotificationName): void {
    this.#reads.announce(nameOf({ orderId, kind }), { orderId, kind })
  }

  prefetch(): void {
    this.#reads.send()
  }

  /** False when the customer has been or is being told of this already. */
  async begin(notification: Notification): Promise<boolean> {
    this.announce(notification)
    await this.#reads.done()
    const name = nameOf(notification)
    if (this.#known.has(name)) return false
    this.#known.add(name)
    this.#begun.push(notification)
    return true
  }

  end(delivery: Delivery): void {
    this.#ended.push(delivery)
  }

  async flush(sql: Sql): Promise<void> {
    const [inserted] = await Promise.all([
      this.#begun.length > 0 ? insertNotifications(sql, this.#begun, this.uow.now) : 0,
      this.#ended.length > 0 && recordDeliveries(sql, this.#ended, this.uow.now),
    ])
    if (inserted < this.#begun.length)
      throw new ConcurrencyConflict('another transaction began the notification of a customer first')
  }

  async #read(asked: readonly NotificationName[]): Promise<void> {
    for (const name of await findNotifications(this.uow, asked)) this.#known.add(nameOf(name))
  }
}

/** As the database writes a UUID; other senders may not. */
const nameOf = ({ orderId, kind }: NotificationName): string => `${orderId.toLowerCase()}/${kind}`
