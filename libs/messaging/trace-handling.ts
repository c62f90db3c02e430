import { type AnyMessage, isSampled, spanWithin } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { expectSpan, recordSpan, type Span, spanTime } from '#libs/observability'
import type { Position } from './handlers.ts'

interface Handling {
  /** Who handles, e.g. `/waybill/payment`. */
  readonly source: string
  readonly message: AnyMessage
  readonly position: Position
  /** `spanTime` of when it began. */
  readonly startedAt: number
  /** Why the message was refused. */
  readonly refused?: string | undefined
  /** Of the span of the batch that it was a part of. */
  readonly batch?: string | undefined
}

/**
 * Takes note of the spans of a message that was handled: how long it waited in the outbox, how long on its topic, and its
 * handling up to the commit. All three follow from the message, so one that is handled again has no second ones; and they
 * are known before the commit, so that they are told of even if this process does not live to hear of it.
 */
export const traceHandling = (uow: UnitOfWork, handling: Handling): void => {
  if (!isSampled(handling.message.traceparent)) return
  const [handled, ...waited] = spansOf(handling, handling.message.traceparent)
  for (const span of waited) recordSpan(span)
  expectSpan(handled)
  uow.afterCommit(() => recordSpan({ ...handled, endedAt: spanTime() }))
}

/** Its handling first. */
const spansOf = (
  { source, message, position, startedAt, refused, batch }: Handling,
  traceparent: string,
): [Span, ...Span[]] => {
  const { id, type } = message
  const { topic, partition, offset, publishedAt } = position
  const attributes: Span['attributes'] = {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': String(offset),
    'messaging.message.id': id,
    'waybill.correlation_id': message.correlationId,
  }
  const span = (who: string, rest: Omit<Span, 'traceparent' | 'parent' | 'attributes'>): Span => ({
    ...{ traceparent: spanWithin(traceparent, who, id), parent: traceparent, attributes, ...rest },
  })
  const handled = span(source, {
    ...{ name: `handle ${type}`, kind: 'consumer', startedAt, endedAt: spanTime(), error: refused },
    links: batch === undefined ? undefined : [batch],
  })
  if (publishedAt === undefined) return [handled]
  const saidAt = Math.min(Date.parse(message.time), publishedAt)
  return [
    handled,
    span(`${source} outbox`, {
      ...{ name: `${type} in the outbox`, kind: 'producer', startedAt: saidAt, endedAt: publishedAt },
    }),
    span(`${source} topic`, {
      ...{ name: `${type} on ${topic}`, kind: 'consumer', startedAt: publishedAt, endedAt: startedAt },
    }),
  ]
}
