import type { AnyMessage, Consequences, Message, MessageType, MessageTypeOn, Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'

/** What a handler is given beside its message. */
export interface MessageContext {
  /** The transaction that this message shares with others: whatever is written through it commits with the message. */
  readonly uow: UnitOfWork
  /** Makes the messages and ids that follow from this message; the same ones when it is handled again. */
  readonly consequences: Consequences
  /** Where the message was read. */
  readonly position: Position
}

export interface Position {
  readonly topic: Topic
  readonly partition: number
  readonly offset: bigint
}

/**
 * The handlers that a consumer of these topics must have: one method per message type, named like it. A Nest
 * controller that `implements HandlersOf<'payment-commands'>` does not compile until it has them all.
 */
export type HandlersOf<T extends Topic, Ignored extends MessageTypeOn<T> = never> = {
  [M in Exclude<MessageTypeOn<T>, Ignored>]: (message: Message<M>, context: MessageContext) => Promise<void> | void
}

/**
 * Announces, without I/O, what the handler of this message is going to read, so that everything a transaction needs
 * is read in one statement.
 */
export type Announce = (message: AnyMessage, uow: UnitOfWork, position: Position) => void

/** A handler as the transport calls it; rejects with what the handler threw. */
export type Handle = (message: AnyMessage, context: MessageContext) => Promise<void>
export type HandlerTable = ReadonlyMap<MessageType, Handle | 'ignore'>
