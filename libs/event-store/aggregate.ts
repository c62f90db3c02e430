import type { UnitOfWork } from '#libs/database'
import { type Evolution, fold, foldStored, todaysState, versionOf } from '#libs/decider'
import type { DomainEvent, EventMetadata } from './event.ts'
import { EventStreams } from './event-streams.ts'

/** One stream and the state it adds up to; `append` moves both on. */
export class Aggregate<State, Event extends DomainEvent> {
  constructor(
    private readonly streams: EventStreams,
    private readonly evolution: Evolution<State, Event>,
    readonly streamId: string,
    public state: State,
    /** Of the last event, 0 when there is none. */
    public version: number,
  ) {}

  append(events: readonly (Event & { readonly metadata: EventMetadata })[]): void {
    const stored = events.map((event) => ({ ...event, dataVersion: versionOf(this.evolution, event.type) }))
    this.streams.append(this.streamId, this.version, stored)
    this.state = fold(this.evolution, events, this.state)
    this.version += events.length
    const { snapshots } = this.evolution
    if (snapshots !== undefined) this.streams.keep(this.streamId, this.state, snapshots)
  }
}

/**
 * Loads what a decider decides on. Whoever loads the same stream again in the same unit of work sees what was appended
 * meanwhile; an older handle's next append is then a ConcurrencyConflict.
 */
export const aggregate = async <State, Event extends DomainEvent>(
  uow: UnitOfWork,
  evolution: Evolution<State, Event>,
  streamId: string,
): Promise<Aggregate<State, Event>> => {
  const streams = uow.part(EventStreams)
  const { snapshots } = evolution
  const { snapshot, events, version } = await streams.load(streamId, snapshots)
  const start = snapshot && (todaysState(snapshots!, snapshot.state, snapshot.stateVersion) as State)
  return new Aggregate(streams, evolution, streamId, foldStored(evolution, events, start ?? evolution.initial), version)
}
