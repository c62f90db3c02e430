import {
  type AnyMessage,
  type Consequences,
  type Message,
  type MessageType,
  type MessageTypeOn,
  messageTypesOn,
  type Topic,
} from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'

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
  /** Milliseconds since 1970; undefined for a record that was parked meanwhile. */
  readonly publishedAt?: number
}

/**
 * A refusal says that the message can never be handled, e.g. a fact about an unknown order, and that nothing of it was
 * written: it becomes a dead letter at once and alone, in the same transaction, and its key flows on. An exception says
 * that something is broken: the transaction is undone, and the message is tried again with its key held back behind it.
 */
export type Handled = Refusal | undefined | Promise<Refusal | undefined> | Promise<void>

/** What a service does with one type of message. */
export interface Handler<T extends MessageType = MessageType> {
  /** Announces, without I/O, what `handle` is going to read: what a whole transaction needs is read in one round trip. */
  announce?(message: MessageOf<T>, uow: UnitOfWork, position: Position): void
  handle(message: MessageOf<T>, context: MessageContext): Handled
  /** Whose messages it is about; those of any other order are passed over by their header, unread. Default: everybody's. */
  readonly only?: 'choreographed'
  /** Whether anybody has a use for this type at the moment; otherwise its messages are passed over, unread. */
  isWanted?(type: MessageType): boolean
}

type MessageOf<T extends MessageType> = { [M in T]: Message<M> }[T]

/** The service knows the type and has no use for it. */
export const ignore = 'ignore'

/** What a consumer of these topics does with every type on them: leaving one out does not compile. */
export type HandlersOf<T extends Topic> = { readonly [M in MessageTypeOn<T>]: Handler<M> | typeof ignore }

/** One handler for several types. */
export const handlersFor = <T extends MessageType>(
  types: readonly T[],
  handler: Handler<T> | typeof ignore,
): { readonly [M in T]: Handler<M> | typeof ignore } =>
  Object.fromEntries(types.map((type) => [type, handler])) as { [M in T]: Handler<M> | typeof ignore }

/** For a topic that is read for a few of its types: whatever else is on it, now or later, is somebody else's. */
export const ignoreOthers = <T extends Topic, Used extends MessageTypeOn<T>>(topic: T, used: readonly Used[]) => {
  const others = messageTypesOn(topic).filter((type) => !used.some((one) => one === type))
  return handlersFor(others as Exclude<MessageTypeOn<T>, Used>[], ignore)
}

/** As the transport looks them up. */
export type HandlerTable = ReadonlyMap<MessageType, AnyHandler | typeof ignore>

export interface AnyHandler {
  readonly only?: 'choreographed'
  isWanted?(type: MessageType): boolean
  announce?(message: AnyMessage, uow: UnitOfWork, position: Position): void
  handle(message: AnyMessage, context: MessageContext): Handled
}
