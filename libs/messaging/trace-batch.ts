import { isSampled, spanWithin } from '#libs/contracts'
import { type Span, spanTime } from '#libs/observability'
import type { IncomingRecord } from './incoming-record.ts'

/** A span names so many others at most. */
const MOST_LINKS = 128

/** Records of one partition that are handled in one transaction, among them several of traces that somebody wants to see. */
export interface TracedBatch {
  /** Of its span, which is in the trace of its first message. */
  readonly traceparent: string
  readonly records: readonly IncomingRecord[]
  /** Of those messages, the first one first. */
  readonly messages: readonly [string, ...string[]]
}

/** Undefined where there is nothing that one span could say of several traces. The span's id follows from the records. */
export const tracedBatch = (source: string, records: readonly IncomingRecord[]): TracedBatch | undefined => {
  if (records.length < 2) return undefined
  const [first, ...others] = records.flatMap(({ content }) =>
    content.kind === 'message' && isSampled(content.message.traceparent) ? [content.message.traceparent] : [],
  )
  if (first === undefined || others.length === 0) return undefined
  const { topic, partition, offset } = records[0]!.position
  const traceparent = spanWithin(first, `${source} batch of ${records.length}`, `${topic}/${partition}/${offset}`)
  return { traceparent, records, messages: [first, ...others] }
}

/** Once it is committed: links the traces of its messages, for what they share is no single one's. */
export const batchSpan = ({ traceparent, records, messages }: TracedBatch, startedAt: number): Span => {
  const { topic, partition } = records[0]!.position
  const [parent, ...others] = messages
  return {
    ...{ traceparent, parent, name: `batch of ${records.length} on ${topic}`, kind: 'consumer' },
    ...{ startedAt, endedAt: spanTime(), links: others.slice(0, MOST_LINKS) },
    attributes: {
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.batch.message_count': records.length,
    },
  }
}
