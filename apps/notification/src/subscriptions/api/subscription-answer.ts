import type { Subscription } from '../../domain/subscriptions/subscription.ts'
import type { DeliveryRow } from '../sql/list-deliveries.ts'

/** A subscription as it is shown: never with its secrets. */
export const subscriptionAnswer = ({
  id,
  filter,
  deliver,
  state,
  offReason,
  confirmBy,
  confirmedAt,
  activeSince,
  failingSince,
  failures,
  retryAt,
  createdAt,
  updatedAt,
}: Subscription) => ({
  subscriptionId: id,
  ...{ filter, deliver, state },
  ...(offReason === null ? {} : { offReason }),
  ...(confirmBy === null ? {} : { confirmBy: confirmBy.toISOString() }),
  ...(confirmedAt === null ? {} : { confirmedAt: confirmedAt.toISOString() }),
  ...(activeSince === null ? {} : { activeSince: activeSince.toISOString() }),
  ...(failingSince === null ? {} : { failing: { since: failingSince.toISOString(), failures } }),
  ...(retryAt === null ? {} : { retryAt: retryAt.toISOString() }),
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

export const deliveryAnswer = (row: DeliveryRow) => ({
  deliveryId: row.id,
  kind: row.kind,
  ...(row.eventId === null ? {} : { eventId: row.eventId }),
  type: row.eventType,
  key: row.eventKey,
  state: row.state,
  attempts: row.attempts,
  ...(row.state === 'pending' ? { nextAttemptAt: row.dueAt.toISOString(), giveUpAt: row.giveUpAt.toISOString() } : {}),
  ...(row.sentAt === null ? {} : { sentAt: row.sentAt.toISOString() }),
  ...(row.lastStatus === null ? {} : { lastStatus: row.lastStatus }),
  ...(row.lastError === null ? {} : { lastError: row.lastError }),
  ...(row.endedAt === null ? {} : { endedAt: row.endedAt.toISOString() }),
  createdAt: row.createdAt.toISOString(),
})
