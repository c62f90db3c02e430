import type { z } from 'zod'
import type { MessageDefinition } from './definition.ts'
import type { AnyMessage, Message } from './message.ts'
import { isMessageType, messages } from './messages.ts'

/** A Kafka record as CloudEvents binary mode asks for it: attributes in headers, data as JSON in the value. */
export interface WireRecord {
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

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
export type UnreadableReason = 'missing_header' | 'unknown_type' | 'unknown_version' | 'invalid_json' | 'invalid_data'

export const encode = (message: Message): WireRecord => ({
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
  },
})

const required = ['ce_id', 'ce_type', 'ce_source', 'ce_subject', 'ce_time', 'correlationid', 'causationid'] as const

/** Total: whatever arrives, the answer is a message or a reason, never an exception. */
export const decode = (record: ReceivedRecord): Decoded => {
  const header = (name: string): string | undefined => {
    const value = record.headers?.[name]
    return value === undefined || value === null ? undefined : String(value)
  }
  const type = header('ce_type')
  const unreadable = (reason: UnreadableReason, detail: string): Decoded =>
    type === undefined ? { ok: false, reason, detail } : { ok: false, reason, detail, type }

  const missing = required.filter((name) => header(name) === undefined)
  if (missing.length > 0) return unreadable('missing_header', `no header ${missing.join(', ')}`)
  if (!isMessageType(type!)) return unreadable('unknown_type', `no message type ${type} is known here`)
  const definition: MessageDefinition = messages[type]

  const version = Number(header('ce_dataversion') ?? 1)
  if (!Number.isInteger(version) || version < 1 || version > definition.version)
    return unreadable(
      'unknown_version',
      `version ${header('ce_dataversion')} of ${type}, known are 1 to ${definition.version}`,
    )
  if (record.value === null) return unreadable('invalid_json', 'no value')
  let data: unknown
  try {
    data = JSON.parse(record.value.toString('utf8'))
  } catch (error) {
    return unreadable('invalid_json', (error as Error).message)
  }
  const parsed = parseData(definition, version, data)
  if (!parsed.success) return unreadable('invalid_data', describe(parsed.error))

  const traceparent = header('traceparent')
  return {
    ok: true,
    message: {
      id: header('ce_id')!,
      type,
      source: header('ce_source')!,
      subject: header('ce_subject')!,
      time: header('ce_time')!,
      key: record.key?.toString('utf8') ?? '',
      correlationId: header('correlationid')!,
      causationId: header('causationid')!,
      ...(traceparent === undefined ? {} : { traceparent }),
      data: parsed.data,
    } as AnyMessage,
  }
}

/** Data of any version that ever shipped, as the newest version. */
const parseData = (definition: MessageDefinition, version: number, data: unknown): z.ZodSafeParseResult<unknown> => {
  const newest = definition.upcast.slice(version - 1).reduce((old, upcast) => upcast(old as never), data)
  return definition.schema.safeParse(newest)
}

const describe = (error: z.ZodError): string =>
  error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ')
