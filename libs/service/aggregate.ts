import type { Cause, DataOf, MessageType } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Decider } from '#libs/decider'
import { type DomainEvent, EventStreams } from '#libs/event-store'

/** Something to tell the world about a customer, whose messages stay in order. */
export type Fact = {
  [T in MessageType]: DataOf<T> extends { customerId: string } ? { readonly type: T; readonly data: DataOf<T> } : never
}[MessageType]

/** Something to ask of the outside world; `kind` names one of the service's effects. */
export interface Call {
  readonly kind: string
  readonly payload: unknown
}

/** What follows an event outside of the aggregate itself, in the same transaction. */
export type Reaction =
  /** `coordination`: whose fact it is, where what brought it about need not know. */
  { readonly fact: Fact; readonly coordination?: 'choreographed' } | { readonly call: Call }

/** One kind of aggregate: how it decides, where its events are kept, and what follows from them. */
export interface AggregateType<State, Input, Event extends DomainEvent, Reason extends string> {
  readonly decider: Decider<State, Input, Event, Reason>
  stream(id: string): string
  /** `state` is the one after the event. */
  react(event: Event, state: State): Reaction | undefined
}

/** Says that the aggregate will be loaded, so that one statement reads it together with the others. */
export const announceAggregate = (uow: UnitOfWork, { stream, decider }: Announced, id: string): void =>
  uow.part(EventStreams).announce(stream(id), decider.snapshots)

interface Announced {
  readonly decider: Pick<Decider<never, never, never>, 'snapshots'>
  stream(id: string): string
}

/** Why somebody looks at an aggregate, where that is not simply the cause of its consequences. */
export interface Because {
  /** What everything that follows is said to be caused by. Default: the cause of the consequences. */
  readonly causationId?: Cause['id']
  /** The person or process behind it, where one is known. */
  readonly actor?: string
}
