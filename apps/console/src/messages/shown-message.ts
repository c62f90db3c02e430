import type { TopicRecord } from '#libs/messaging'
import { singleHeaders } from './single-headers.ts'

/** A record of ours as the console shows it: where it lies, what its headers say and, where asked for, its data. */
export interface ShownMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** When it was published, ISO 8601. */
  readonly publishedAt: string
  readonly key: string | null
  readonly id: string | null
  readonly type: string | null
  readonly source: string | null
  readonly subject: string | null
  /** When it was decided, ISO 8601. */
  readonly time: string | null
  readonly dataVersion: number
  readonly correlationId: string | null
  readonly causationId: string | null
}

export const shownMessage = (record: TopicRecord): ShownMessage => {
  const { topic, partition, offset, timestamp, key } = record
  const headers = singleHeaders(record)
  return {
    topic,
    partition,
    offset,
    publishedAt: new Date(timestamp).toISOString(),
    key: key === null ? null : key.toString('utf8'),
    id: headers.ce_id ?? null,
    type: headers.ce_type ?? null,
    source: headers.ce_source ?? null,
    subject: headers.ce_subject ?? null,
    time: headers.ce_time ?? null,
    dataVersion: Number(headers.ce_dataversion ?? 1),
    correlationId: headers.correlationid ?? null,
    causationId: headers.causationid ?? null,
  }
}

/** The value as JSON, or as the text that it is; a payment token is for the payment service. */
export const shownData = (value: Buffer | null): unknown => {
  if (value === null) return null
  const text = value.toString('utf8')
  try {
    return JSON.parse(text, (name, inner: unknown) => (name === 'token' ? '****' : inner))
  } catch {
    return text
  }
}
