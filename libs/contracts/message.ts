import { type DataOf, type MessageType, messages } from './messages.ts'
import type { Topic } from './topics.ts'

/** One message in memory: a CloudEvents 1.0 event with Waybill's correlation, typed by its `type`. */
export interface Message<T extends MessageType = MessageType> {
  /** Deterministic, see `consequenceId`; the key of every duplicate check. */
  readonly id: string
  readonly type: T
  /** The service that said it, e.g. `/waybill/payment`. */
  readonly source: string
  /** The id of the aggregate it is about. */
  readonly subject: string
  /** ISO 8601, UTC. */
  readonly time: string
  /** The partition key: the customer, so one customer's messages stay in order. */
  readonly key: string
  /** The order that it all belongs to. */
  readonly correlationId: string
  /** The message (or HTTP request) that brought it about. */
  readonly causationId: string
  readonly traceparent?: string
  /** Only of a choreographed order, and only where somebody may react to it: everybody else passes it over unread. */
  readonly coordination?: 'choreographed'
  readonly data: DataOf<T>
}

/** A message of any type as a discriminated union: switching on `type` narrows `data`. */
export type AnyMessage = { [T in MessageType]: Message<T> }[MessageType]

export const topicOf = (type: MessageType): Topic => messages[type].topic
