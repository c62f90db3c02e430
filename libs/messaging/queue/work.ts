import type { Consequences, Message, MessageType } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import type { Handled, Position } from '../handlers.ts'

/** What a worker is told beside its message. */
export interface WorkContext {
  readonly queue: string
  /**
   * Aborted when somebody else may have the message by now (its lock could not be renewed), or when a stop will wait no
   * longer: what the handler does then is of no use any more, and need not be undone.
   */
  readonly signal: AbortSignal
  /** 1 for the first try. */
  readonly attempt: number
  /** If this one fails, too, the message is a dead letter. */
  readonly isLastTry: boolean
  readonly position: Position
}

/** What the transaction is given in which a message ends. */
export interface Ending {
  readonly uow: UnitOfWork
  /** Makes the messages and ids that follow from this message; the same ones when it is worked again. */
  readonly consequences: Consequences
}

/** Worked; what `record` writes commits together with the end of the message, exactly once. It may still refuse. */
export interface Done {
  readonly kind: 'done'
  // biome-ignore lint/suspicious/noConfusingVoidType: most of them answer nothing
  readonly record: (ending: Ending) => Handled | void
}

/** Not now: the message is invisible until then, and that is no failed try. */
export interface Later {
  readonly kind: 'later'
  readonly at: Date
}

/**
 * What became of a message.
 * - nothing: it is done.
 * - `done(record)`: it is done, and that is to be written with it.
 * - `later(at)`: it is to be worked then.
 * - a refusal: nobody can ever work it; it is a dead letter at once.
 *
 * What throws is a failed try: it is tried again after the queue's backoff, and a dead letter after its last try.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: handlers that answer nothing are written without a return
export type Worked = Done | Later | Refusal | undefined | void

/** Works on one message, outside of any transaction and for as long as it takes. May run more than once for a message. */
export type WorkFunction<T extends MessageType = MessageType> = (
  message: { [M in T]: Message<M> }[T],
  context: WorkContext,
) => Worked | Promise<Worked>

export const done = (record: Done['record']): Done => ({ kind: 'done', record })

/** At an instant, or so many milliseconds from now. */
export const later = (when: Date | number): Later => ({
  kind: 'later',
  at: typeof when === 'number' ? new Date(Date.now() + when) : when,
})

/** Why a message is a dead letter, for whoever has something to do about it in the same transaction. */
export interface DeadWork {
  readonly reason: string
  readonly error: string | null
  readonly attempts: number
}

/** What a service does with the messages of a queue. */
export interface QueueHandler<T extends MessageType = MessageType> {
  readonly work: WorkFunction<T>
  /** Writes what follows from a message that becomes a dead letter, in the transaction that parks it. */
  dead?(message: { [M in T]: Message<M> }[T], why: DeadWork, ending: Ending): void | Promise<void>
}
