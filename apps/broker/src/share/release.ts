import { type Changed, givenBack } from './acknowledge.ts'
import { type SharePartition, type Span, withSpans } from './window.ts'

/** A member is gone: what it holds is there for others, unless it was delivered often enough. */
export function releaseMember(before: SharePartition, memberId: string, deliveryCountLimit: number): Changed {
  return givingBack(before, ({ lock }) => lock?.memberId === memberId, deliveryCountLimit)
}

/** The locks that have run out by `now`, of the steady clock, are no more; those deliveries count. */
export function expireLocks(before: SharePartition, now: number, deliveryCountLimit: number): Changed {
  return givingBack(before, ({ lock }) => lock !== undefined && lock.until <= now, deliveryCountLimit)
}

function givingBack(before: SharePartition, isMeant: (span: Span) => boolean, deliveryCountLimit: number): Changed {
  const changes = before.spans.filter(isMeant).map((span) => givenBack(span, deliveryCountLimit))
  return { partition: withSpans(before, changes), changes }
}
