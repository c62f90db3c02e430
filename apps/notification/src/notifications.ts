import type { NotificationKind } from '#libs/contracts'
import type { Part, Sql, UnitOfWork } from '#libs/database'
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

/** The notifications that this unit of work begins and ends, each written in one statement. */
export class Notifications implements Part {
  readonly #begun: Notification[] = []
  readonly #ended: Delivery[] = []

  constructor(private readonly uow: UnitOfWork) {}

  begin(notification: Notification): void {
    this.#begun.push(notification)
  }

  end(delivery: Delivery): void {
    this.#ended.push(delivery)
  }

  async flush(sql: Sql): Promise<void> {
    await Promise.all([
      this.#begun.length > 0 && insertNotifications(sql, this.#begun, this.uow.now),
      this.#ended.length > 0 && recordDeliveries(sql, this.#ended, this.uow.now),
    ])
  }
}
