import {
  type AnyMessage,
  type Decoded,
  decode,
  isChoreographed,
  type MessageType,
  type ReceivedRecord,
  type Topic,
  topicOf,
  type UnreadableReason,
  uuidFrom,
} from '#libs/contracts'
import type { Position } from './handlers.ts'

/** The types that the service has a use for, of everybody or of some orders only, and those that it knows and ignores. */
export type KnownTypes = ReadonlyMap<
  MessageType,
  { readonly only?: 'choreographed'; isWanted?(type: MessageType): boolean } | 'ignore'
>

/** A record as it came from its partition, and what it says. */
export interface IncomingRecord {
  readonly position: Position
  readonly raw: ReceivedRecord
  readonly content:
    | { readonly kind: 'message'; readonly message: AnyMessage }
    | { readonly kind: 'ignored' }
    | { readonly kind: 'unreadable'; readonly reason: UnreadableReason | 'unreadable_batch'; readonly detail: string }
}

/**
 * A CloudEvent is identified by its source and its id together. Ids of our own services are unique by themselves, since
 * the source is part of what they are made from; a foreign one is given such an id here, so that nobody else has to
 * think of it.
 */
export const identified = (message: AnyMessage): AnyMessage =>
  message.source.startsWith(OURS) ? message : { ...message, id: uuidFrom(`${message.source} ${message.id}`) }
const OURS = '/waybill/'

/** What may be an id: ours are UUIDs, other senders may have their own. */
export const ID = /^[\x21-\x7e]{1,255}$/

/** Total, like `decode`: whatever the record holds, the answer is one of the three. */
export const readRecord = (position: Position, raw: ReceivedRecord, handlers: KnownTypes): IncomingRecord => ({
  position,
  raw,
  content: contentOf(position.topic, raw, handlers),
})

const contentOf = (topic: Topic, raw: ReceivedRecord, handlers: KnownTypes): IncomingRecord['content'] => {
  // What the service has no use for is not worth parsing, if it is where it belongs.
  const type = String(raw.headers?.ce_type) as MessageType
  const handler = handlers.get(type)
  const isUseless =
    handler === 'ignore' ||
    (handler?.only === 'choreographed' && !isChoreographed(raw.headers)) ||
    handler?.isWanted?.(type) === false
  if (isUseless && topicOf(type) === topic) return { kind: 'ignored' }
  const decoded: Decoded = decode(raw)
  if (!decoded.ok) return { kind: 'unreadable', reason: decoded.reason, detail: decoded.detail }
  const message = identified(decoded.message)
  if (!ID.test(decoded.message.id))
    return { kind: 'unreadable', reason: 'invalid_header', detail: 'ce_id is not an id' }
  if (topicOf(message.type) !== topic || !handlers.has(message.type))
    return { kind: 'unreadable', reason: 'unknown_type', detail: `${message.type} does not belong on ${topic}` }
  return { kind: 'message', message }
}
