/** What an aggregate's decider knows of an event. */
export interface DomainEvent {
  readonly type: string
  readonly data: unknown
}

/** Where an event comes from and whom it concerns; travels with it for good. */
export interface EventMetadata {
  /** The event's own id; deterministic, so that a repeated handler gives the same. */
  readonly messageId: string
  /** What brought it about: a message, an HTTP request, a timer; itself where many causes share one event. */
  readonly causationId: string
  readonly correlationId: string
  /** The person or process behind it, where one is known. */
  readonly actor?: string
}

export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type
  readonly data: Data
  /** Of the shape of `data`, counted from 1 for each type. Default 1. */
  readonly dataVersion?: number
  readonly metadata: EventMetadata
}

export interface StoredEvent extends NewEvent {
  readonly dataVersion: number
  readonly streamId: string
  /** Counts from 1 in its stream, without a gap. */
  readonly version: number
  readonly at: Date
}
