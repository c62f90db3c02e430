import { consequenceId } from './ids.ts'
import type { Message } from './message.ts'
import type { DataOf, MessageType } from './messages.ts'

/** What something happened because of: a message, an HTTP request, a timer that fired, the answer of an outside call. */
export interface Cause {
  readonly id: string
  /** The order that it all belongs to. */
  readonly correlationId: string
  readonly traceparent?: string
  /** Of a choreographed order: what follows from it says so, too, because somebody may react to that. */
  readonly coordination?: 'choreographed'
}

/** What of a message, or of anything else that was a cause, its consequences need to know. */
export const causeOf = ({ id, correlationId, traceparent, coordination }: Cause): Cause => ({
  id,
  correlationId,
  ...(traceparent === undefined ? {} : { traceparent }),
  ...(coordination === undefined ? {} : { coordination }),
})

/**
 * Gives everything that one cause brings about its deterministic id, in the order it is asked for. Whoever handles the
 * same cause again, with a fresh instance, gives the same things the same ids.
 */
export class Consequences {
  #count = 0

  constructor(
    readonly cause: Cause,
    /** Who says it, e.g. `/waybill/payment`. */
    readonly source: string,
    readonly now: Date,
  ) {}

  nextId(): string {
    return consequenceId(`${this.source}:${this.cause.id}`, this.#count++)
  }

  /** Its id is the next one, unless it shares that of something else. */
  message<T extends MessageType>(
    type: T,
    about: { id?: string; subject: string; key: string; data: DataOf<T>; coordination?: 'choreographed' | undefined },
  ): Message<T> {
    const { id, correlationId, traceparent } = this.cause
    const coordination = about.coordination ?? this.cause.coordination
    return {
      id: about.id ?? this.nextId(),
      type,
      source: this.source,
      subject: about.subject,
      time: this.now.toISOString(),
      key: about.key,
      correlationId,
      causationId: id,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(coordination === undefined ? {} : { coordination }),
      data: about.data,
    }
  }
}
