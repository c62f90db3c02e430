import { type Changed, givenBack } from './acknowledge.ts'
import { type SharePartition, type Span, withSpans } from './window.ts'

/** A member is gone: what it holds was fetched and not delivered, so that delivery does not count. */
export function releaseMember(before: SharePartition, memberId: string): Changed {
  const changes = before.spans
    .filter(({ lock }) => lock?.memberId === memberId)
    .map(({ first, last, deliveryCount }): Span => {
      return { first, last, state: 'available', deliveryCount: deliveryCount - 1 }
    })
  return { partition: withSpans(before, changes), changes }
}

/** The locks that have run out by `now`, of the steady clock, are no more; those deliveries count. */
export function expireLocks(before: SharePartition, now: number, deliveryCountLimit: number): Changed {
  const changes = before.spans
    .filter(({ lock }) => lock !== undefined && lock.until <= now)
    .map((span) => givenBack(span, deliveryCountLimit))
  return { partition: withSpans(before, changes), changes }
}
