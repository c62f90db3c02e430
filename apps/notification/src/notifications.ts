import type { NotificationKind } from '#libs/contracts'
import { ConcurrencyConflict, GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { findNotifications } from './sql/find-notifications.ts'
import { insertNotifications } from './sql/insert-notifications.ts'
import { recordDeliveries } from './sql/record-deliveries.ts'

/** What a customer is told once about one order, or about one return of it. */
export interface Notification {
  readonly notificationId: string
  readonly orderId: string
  readonly returnId?: string
  readonly customerId: string
  readonly kind: NotificationKind
  readonly channel: 'email'
  readonly to: string
}

export interface Delivery extends NotificationName {
  readonly status: 'sent' | 'failed'
  readonly error?: string
}

export type NotificationName = Pick<Notification, 'orderId' | 'kind'> & {
  readonly returnId?: string | null | undefined
}

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
  announce({ orderId, kind, returnId }: NotificationName): void {
    const name = { orderId, kind, returnId }
    this.#reads.announce(nameOf(name), name)
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
const nameOf = ({ orderId, kind, returnId }: NotificationName): string =>
  `${orderId.toLowerCase()}/${kind}/${returnId?.toLowerCase() ?? ''}`
