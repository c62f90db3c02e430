import type { Changed } from './acknowledge.ts'
import { type GiveUpRules, givenBack } from './give-up.ts'
import { type SharePartition, type Span, withSpans } from './window.ts'

/** A member is gone: what it holds is there for others, unless it was delivered often enough. */
export function releaseMember(before: SharePartition, memberId: string, rules: GiveUpRules): Changed {
  return givingBack(before, ({ lock }) => lock?.memberId === memberId, rules)
}

/** The locks that have run out by `now`, of the steady clock, are no more; those deliveries count. */
export function expireLocks(before: SharePartition, now: number, rules: GiveUpRules): Changed {
  return givingBack(before, ({ lock }) => lock !== undefined && lock.until <= now, rules)
}

function givingBack(before: SharePartition, isMeant: (span: Span) => boolean, rules: GiveUpRules): Changed {
  const changes = before.spans.filter(isMeant).map((span) => givenBack(span, rules))
  return { partition: withSpans(before, changes), changes }
}
