import { BatchWriter, type NewRecord } from '#libs/kafka-protocol'
import type { GivenUpCause, Span } from './window.ts'

/** Key and value of a record that was given up. */
export interface OriginalRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** Where records were given up. */
export interface DeadLetterOrigin {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
}

export interface DeadLetterBatch {
  readonly bytes: Buffer
  /** The last offset that has a letter in it. */
  readonly last: number
}

export interface DeadLetterLimits {
  /** Milliseconds since 1970: when they are written. */
  readonly timestamp: number
  /** `max.message.bytes` of the dead letter topic. */
  readonly maxBytes: number
}

/** As Kafka says it. */
const MESSAGES: Readonly<Record<GivenUpCause, string>> = {
  rejected: 'Offset rejected by client.',
  'delivered too often': 'Offset delivery count exceeded the threshold.',
}

/**
 * One letter for each of these offsets, in order: as many as fit, one at least. It has key and value where the original
 * is known and fits, and always the headers that say where the record was and why it was given up (KIP-1191).
 */
export function deadLetterBatch(
  origin: DeadLetterOrigin,
  span: Span,
  originals: ReadonlyMap<number, OriginalRecord>,
  { timestamp, maxBytes }: DeadLetterLimits,
): DeadLetterBatch {
  const letters: NewRecord[] = []
  for (let offset = span.first; offset <= span.last; offset++) {
    letters.push({ ...(originals.get(offset) ?? NOTHING), headers: headersOf(origin, span, offset) })
  }
  const stamp = { timestamp, ...NOBODY }
  let { bytes, count } = new BatchWriter().write(letters, 0, maxBytes, stamp)
  if (bytes.length > maxBytes) {
    const [{ headers }] = letters as [NewRecord]
    ;({ bytes, count } = new BatchWriter().write([{ ...NOTHING, headers }], 0, maxBytes, stamp))
  }
  return { bytes, last: span.first + count - 1 }
}

const NOTHING = { key: null, value: null }
const NOBODY = { producerId: -1, producerEpoch: -1, baseSequence: -1 }

const headersOf = ({ groupId, topic, partition }: DeadLetterOrigin, span: Span, offset: number) => ({
  '__dlq.errors.topic': topic,
  '__dlq.errors.partition': String(partition),
  '__dlq.errors.offset': String(offset),
  '__dlq.errors.group': groupId,
  '__dlq.errors.delivery.count': String(span.deliveryCount),
  '__dlq.errors.message': MESSAGES[span.cause!],
})
