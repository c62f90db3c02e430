import { z } from 'zod'
import type { MessageDefinition } from './definition.ts'
import type { AnyMessage, Message } from './message.ts'
import { isMessageType, messages } from './messages.ts'

/** A Kafka record as CloudEvents binary mode asks for it: attributes in headers, data as JSON in the value. */
export interface WireRecord {
  readonly key: string
  /** Null: a tombstone. */
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
}
export type EncodedMessage = WireRecord & { readonly value: string }

/** A record as a consumer receives it; any part may be missing or be nonsense. */
export interface ReceivedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

export type Decoded =
  | { readonly ok: true; readonly message: AnyMessage }
  | { readonly ok: false; readonly reason: UnreadableReason; readonly detail: string; readonly type?: string }

/** Why a record is not one of our messages. None of these gets better by trying again with the same code. */
export type UnreadableReason =
  | 'missing_header'
  | 'invalid_header'
  | 'unknown_type'
  | 'unknown_version'
  | 'invalid_json'
  | 'invalid_data'

export const encode = (message: Message): EncodedMessage => ({
  key: message.key,
  value: JSON.stringify(message.data),
  headers: {
    ce_specversion: '1.0',
    ce_id: message.id,
    ce_type: message.type,
    ce_source: message.source,
    ce_subject: message.subject,
    ce_time: message.time,
    ce_dataversion: String(messages[message.type].version),
    'content-type': 'application/json',
    correlationid: message.correlationId,
    causationid: message.causationId,
    ...(message.traceparent === undefined ? {} : { traceparent: message.traceparent }),
    ...(message.coordination === undefined ? {} : { coordination: message.coordination }),
  },
})

/** Total: whatever arrives, the answer is a message or a reason, never an exception. `now`: ms since the epoch. */
export const decode = ({ key, value, headers }: ReceivedRecord, now: number = Date.now()): Decoded => {
  const id = text(headers?.ce_id)
  const type = text(headers?.ce_type)
  const source = text(headers?.ce_source)
  const subject = text(headers?.ce_subject)
  const givenTime = text(headers?.ce_time)
  const correlationId = text(headers?.correlationid)
  const causationId = text(headers?.causationid)
  const unreadable = (reason: UnreadableReason, detail: string): Decoded =>
    type === undefined ? { ok: false, reason, detail } : { ok: false, reason, detail, type }

  if (!(defined(id) && defined(type) && defined(source) && defined(subject) && defined(givenTime)))
    return unreadable('missing_header', missing(headers))
  if (!(defined(correlationId) && defined(causationId))) return unreadable('missing_header', missing(headers))
  if (!isMessageType(type)) return unreadable('unknown_type', `no message type ${type} is known here`)
  const time = canonicalTime(givenTime)
  if (time === undefined) return unreadable('invalid_header', `ce_time ${givenTime} is not an instant`)
  if (!isPlausible(time, now))
    return unreadable('invalid_header', `ce_time ${givenTime} is not between ${EARLIEST} and a day from now`)
  const definition: MessageDefinition = messages[type]

  const given = text(headers?.ce_dataversion)
  const version = Number(given ?? 1)
  if (!Number.isInteger(version) || version < 1 || version > definition.version)
    return unreadable('unknown_version', `version ${given} of ${type}, known are 1 to ${definition.version}`)
  if (value === null) return unreadable('invalid_json', 'no value')
  let data: unknown
  try {
    data = JSON.parse(value.toString('utf8'))
  } catch (error) {
    return unreadable('invalid_json', (error as Error).message)
  }
  const parsed = parseData(definition, version, data)
  if (!parsed.success) return unreadable('invalid_data', describe(parsed.error))

  const traceparent = text(headers?.traceparent)
  const keyText = key === null ? '' : key.toString('utf8')
  const message = { id, type, source, subject, time, key: keyText, correlationId, causationId, data: parsed.data }
  if (traceparent !== undefined) Object.assign(message, { traceparent })
  if (isChoreographed(headers)) Object.assign(message, { coordination: 'choreographed' })
  return { ok: true, message: message as AnyMessage }
}

/** Told by a header, so that nothing has to be parsed for it. */
export const isChoreographed = (headers: ReceivedRecord['headers']): boolean =>
  headers?.coordination !== undefined && String(headers.coordination) === 'choreographed'

/** A header as text; it arrives as text or as bytes, or was never sent. */
const text = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? undefined : String(value)
}

/** As we write it ourselves, so that readers can compare instants as texts: UTC, with milliseconds. */
const canonicalTime = (given: string): string | undefined => {
  const instant = TIMESTAMP.test(given) ? Date.parse(given) : Number.NaN
  if (Number.isNaN(instant)) return undefined
  return CANONICAL.test(given) ? given : new Date(instant).toISOString()
}
/** RFC 3339, as CloudEvents wants it. */
const TIMESTAMP = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
const CANONICAL = /T.{8}\.\d{3}Z$/

/**
 * Read models sort and group by time: one message of the year 9999 would be their newest for ever. A sender's clock may
 * be a day ahead, as after a wrong time zone; nothing was sold before the earliest.
 */
const isPlausible = (time: string, now: number): boolean => time >= EARLIEST && Date.parse(time) <= now + DAY_MS
const EARLIEST = '2000-01-01T00:00:00.000Z'
const DAY_MS = 24 * 60 * 60 * 1000

const defined = (value: string | undefined): value is string => value !== undefined

const required = ['ce_id', 'ce_type', 'ce_source', 'ce_subject', 'ce_time', 'correlationid', 'causationid'] as const

const missing = (headers: ReceivedRecord['headers']): string =>
  `no header ${required.filter((name) => text(headers?.[name]) === undefined).join(', ')}`

/** Data of any version that ever shipped, as the newest version. */
export const parseData = (
  definition: MessageDefinition,
  version: number,
  data: unknown,
): z.ZodSafeParseResult<unknown> => {
  let newest = data
  try {
    for (const upcast of definition.upcast.slice(version - 1)) newest = upcast(newest as never)
  } catch (error) {
    // Upcasters expect what their version promised, which this need not be.
    return {
      success: false,
      error: new z.ZodError([{ code: 'custom', path: [], message: String(error), input: data }]),
    }
  }
  return definition.schema.safeParse(newest)
}

const describe = (error: z.ZodError): string =>
  error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ')
