import { ErrorCode } from '#libs/kafka-protocol'
import { type GiveUpRules, givenBack, givenUp } from './give-up.ts'
import { overlapping, type SharePartition, type Span, withSpans } from './window.ts'

/** How a member acknowledges, by the protocol's numbers. */
export const AcknowledgeType = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const

export interface AcknowledgementBatch {
  readonly firstOffset: number
  /** Included. */
  readonly lastOffset: number
  /** One for all of them, or one for each. */
  readonly acknowledgeTypes: readonly number[]
}

export interface AcknowledgeRules extends GiveUpRules {
  /** When a renewed lock ends, on the steady clock. */
  readonly lockUntil: number
}

export interface Refused {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

/** What becomes of the partition, and what of it must be made durable: changes without locks. */
export interface Changed {
  readonly partition: SharePartition
  readonly changes: readonly Span[]
}

/** What is wrong with these batches whatever the state of the partition, or undefined. */
export function acknowledgementProblem(
  batches: readonly AcknowledgementBatch[],
  mayRenew: boolean,
): Refused | undefined {
  const highest = mayRenew ? AcknowledgeType.renew : AcknowledgeType.reject
  let previous = -1
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    if (firstOffset < 0 || firstOffset > lastOffset) return invalid('The first offset of a batch is behind its last.')
    if (firstOffset <= previous) return invalid('The batches overlap, or are not in order.')
    if (acknowledgeTypes.length === 0) return invalid('A batch has no acknowledge types.')
    if (acknowledgeTypes.length > 1 && acknowledgeTypes.length !== lastOffset - firstOffset + 1) {
      return invalid('A batch has neither one acknowledge type nor one for each of its offsets.')
    }
    if (acknowledgeTypes.some((type) => type < AcknowledgeType.gap || type > highest)) {
      return invalid(`An acknowledge type is not one of 0 to ${highest}.`)
    }
    previous = lastOffset
  }
  return undefined
}

/**
 * All of the batches or none of them; they must be free of problems. Offsets that the partition has moved past are done
 * with and no error.
 */
export function acknowledge(
  before: SharePartition,
  memberId: string,
  batches: readonly AcknowledgementBatch[],
  rules: AcknowledgeRules,
): Changed | Refused {
  const spans: Span[] = []
  for (const batch of batches) {
    if (batch.lastOffset < before.start) continue
    if (batch.lastOffset >= before.end) return invalid('The last offset in the request is past the acquired records.')
    for (const span of overlapping(before, batch.firstOffset, batch.lastOffset)) {
      if (span.state !== 'acquired') return notAcquired(`offset ${span.first} is not acquired`)
      if (span.lock!.memberId !== memberId) return notAcquired(`offset ${span.first} is acquired by another member`)
      spans.push(...acknowledged(span, batch, rules))
    }
  }
  return { partition: withSpans(before, spans), changes: spans.filter(({ state }) => state !== 'acquired') }
}

function* acknowledged(span: Span, batch: AcknowledgementBatch, rules: AcknowledgeRules): Generator<Span> {
  const { acknowledgeTypes, firstOffset } = batch
  if (acknowledgeTypes.length === 1) return yield settled(span, acknowledgeTypes[0]!, rules)
  for (let first = span.first, last = first; first <= span.last; first = last + 1) {
    const type = acknowledgeTypes[first - firstOffset]!
    for (last = first; last < span.last && acknowledgeTypes[last + 1 - firstOffset] === type; ) last++
    yield settled({ ...span, first, last }, type, rules)
  }
}

function settled(span: Span, type: number, rules: AcknowledgeRules): Span {
  const { first, last, deliveryCount, lock } = span
  switch (type) {
    case AcknowledgeType.accept:
      return { first, last, deliveryCount, state: 'acknowledged' }
    case AcknowledgeType.release:
      return givenBack(span, rules)
    case AcknowledgeType.reject:
      return givenUp(span, 'rejected', rules)
    case AcknowledgeType.renew:
      return { ...span, lock: { ...lock!, until: rules.lockUntil } }
    default:
      return { first, last, deliveryCount, state: 'archived' }
  }
}

const invalid = (errorMessage: string): Refused => ({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage })

const notAcquired = (what: string): Refused => ({
  errorCode: ErrorCode.INVALID_RECORD_STATE,
  errorMessage: `The records cannot be acknowledged: ${what}.`,
})
