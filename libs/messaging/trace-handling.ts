import { type AnyMessage, isSampled, spanWithin } from '#libs/contracts'
import { recordSpan, type Span, spanTime } from '#libs/observability'
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
}

/**
 * Records the spans of a message that was handled: how long it waited in the outbox, how long on its topic, and its
 * handling up to the commit. All three follow from the message, so one that is handled again has no second ones.
 */
export const traceHandling = ({ source, message, position, startedAt, refused }: Handling): void => {
  const { traceparent } = message
  if (!isSampled(traceparent)) return
  const { id, type } = message
  const { topic, partition, offset, publishedAt } = position
  const about: Span['attributes'] = {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': String(offset),
    'messaging.message.id': id,
    'waybill.correlation_id': message.correlationId,
  }
  const span = (who: string, rest: Omit<Span, 'traceparent' | 'parent' | 'attributes'>) =>
    recordSpan({ traceparent: spanWithin(traceparent, who, id), parent: traceparent, attributes: about, ...rest })
  if (publishedAt !== undefined) {
    const saidAt = Math.min(Date.parse(message.time), publishedAt)
    span(`${source} outbox`, {
      name: `${type} in the outbox`,
      kind: 'producer',
      startedAt: saidAt,
      endedAt: publishedAt,
    })
    span(`${source} topic`, {
      name: `${type} on ${topic}`,
      kind: 'consumer',
      startedAt: publishedAt,
      endedAt: startedAt,
    })
  }
  span(source, { name: `handle ${type}`, kind: 'consumer', startedAt, endedAt: spanTime(), error: refused })
}
