import type { UnitOfWork } from '#libs/database'
import { fold } from '#libs/decider'
import type { DomainEvent, EventMetadata } from './event.ts'
import { EventStreams } from './event-streams.ts'

/** The half of a decider that remembers. */
interface Evolution<State, Event> {
  readonly initial: State
  evolve(state: State, event: Event): State
}

/** One stream and the state it adds up to; `append` moves both on. */
export class Aggregate<State, Event extends DomainEvent> {
  constructor(
    private readonly streams: EventStreams,
    private readonly decider: Evolution<State, Event>,
    readonly streamId: string,
    public state: State,
    /** Of the last event, 0 when there is none. */
    public version: number,
  ) {}

  append(events: readonly (Event & { readonly metadata: EventMetadata })[]): void {
    this.streams.append(this.streamId, this.version, events)
    this.state = fold(this.decider, events, this.state)
    this.version += events.length
  }
}

/**
 * Loads what a decider decides on. Whoever loads the same stream again in the same unit of work sees what was appended
 * meanwhile; an older handle's next append is then a ConcurrencyConflict.
 */
export const aggregate = async <State, Event extends DomainEvent>(
  uow: UnitOfWork,
  decider: Evolution<State, Event>,
  streamId: string,
): Promise<Aggregate<State, Event>> => {
  const streams = uow.part(EventStreams)
  const events = await streams.load(streamId)
  // What is in the stream was appended through the same decider, or upcast by it.
  return new Aggregate(streams, decider, streamId, fold(decider, events as unknown as Event[]), events.length)
}
