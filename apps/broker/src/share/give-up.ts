import type { Changed } from './acknowledge.ts'
import { type GivenUpCause, overlapping, type SharePartition, type Span, withSpans } from './window.ts'

/** When a record is given up, and what becomes of it then. */
export interface GiveUpRules {
  /** `share.delivery.count.limit` */
  readonly deliveryCountLimit: number
  /** The group has a dead letter topic: what is given up is written there before it is archived. */
  readonly hasDeadLetters: boolean
}

/** Never to be delivered again. */
export function givenUp({ first, last, deliveryCount }: Span, cause: GivenUpCause, rules: GiveUpRules): Span {
  const span = { first, last, deliveryCount }
  return rules.hasDeadLetters ? { ...span, state: 'archiving', cause } : { ...span, state: 'archived' }
}

/** To be delivered again, unless that has happened often enough. */
export function givenBack(span: Span, rules: GiveUpRules): Span {
  const { first, last, deliveryCount } = span
  if (deliveryCount >= rules.deliveryCountLimit) return givenUp(span, 'delivered too often', rules)
  return { first, last, deliveryCount, state: 'available' }
}

/** What of these records waited for its dead letter has it, or gets none. */
export function archived(before: SharePartition, first: number, last: number): Changed {
  const changes = overlapping(before, first, last)
    .filter(({ state }) => state === 'archiving')
    .map(
      (span): Span => ({
        ...{ first: span.first, last: span.last },
        state: 'archived',
        deliveryCount: span.deliveryCount,
      }),
    )
  return { partition: withSpans(before, changes), changes }
}
