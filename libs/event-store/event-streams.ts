import { ConcurrencyConflict, GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { readableVersions, type SnapshotPolicy, type StoredVersion } from '#libs/decider'
import type { NewEvent, StoredEvent } from './event.ts'
import type { NewSnapshot, Snapshot } from './snapshot.ts'
import { appendEvents } from './sql/append-events.ts'
import { readFromSnapshots } from './sql/read-from-snapshots.ts'
import { readStreams } from './sql/read-streams.ts'
import { saveSnapshots } from './sql/save-snapshots.ts'

/** A stream as it was loaded. */
export interface LoadedStream {
  /** From which on `events` are; undefined when they are all. */
  readonly snapshot: Snapshot | undefined
  /** Oldest first, and of each what deciders know; where they come from is `readStream`'s to tell. */
  readonly events: readonly StoredVersion[]
  /** Of the last event, 0 for a stream that does not exist. */
  readonly version: number
}

/** The event streams as one unit of work sees them: as committed, plus what it has appended itself. */
export class EventStreams implements Part {
  readonly #reads = new GatheredReads<Wanted>((wanted) => this.#read(wanted))
  readonly #loaded = new Map<string, Loaded>()
  readonly #appended = new Map<string, Appended>()
  readonly #snapshots = new Map<string, NewSnapshot>()
  /** Versions that somebody else has made sure of. */
  readonly #assured = new Map<string, number>()

  constructor(private readonly uow: UnitOfWork) {}

  /**
   * Says that `streamId` will be loaded, so that one statement reads it together with the others; from a snapshot on, if
   * its states are kept.
   */
  announce(streamId: string, snapshots?: SnapshotPolicy): void {
    this.#reads.announce(streamId, { streamId, snapshots })
  }

  async load(streamId: string, snapshots?: SnapshotPolicy): Promise<LoadedStream> {
    this.announce(streamId, snapshots)
    await this.#reads.done()
    const { snapshot, events } = this.#loaded.get(streamId)!
    const all = [...events, ...(this.#appended.get(streamId)?.events ?? [])]
    return { snapshot, events: all, version: (snapshot?.version ?? 0) + all.length }
  }

  /**
   * Says that a stream is at this version without reading it: a row says so that is locked in this transaction and
   * moves with the stream.
   */
  assure(streamId: string, version: number): void {
    if (!this.#loaded.has(streamId)) this.#assured.set(streamId, version)
  }

  /**
   * Adds events after version `expectedVersion` of a stream, 0 for a stream that does not exist yet.
   * @throws ConcurrencyConflict here or at the flush when the stream is at any other version.
   */
  append(streamId: string, expectedVersion: number, events: readonly NewEvent[]): void {
    const appended = this.#appended.get(streamId) ?? { after: expectedVersion, events: [] }
    const known = this.#appended.has(streamId) ? appended.after + appended.events.length : this.#versionOf(streamId)
    if (known !== undefined && known !== expectedVersion)
      throw new ConcurrencyConflict(`stream ${streamId} is at version ${known}, not ${expectedVersion}`)
    if (events.length === 0) return
    this.#appended.set(streamId, appended)
    let version = expectedVersion
    const { now: at } = this.uow
    for (const event of events) appended.events.push({ dataVersion: 1, ...event, streamId, version: ++version, at })
  }

  /** Told of the state after an append, keeps it when it is time for another snapshot. */
  keep(streamId: string, state: unknown, { every, kept, version: stateVersion }: SnapshotPolicy): void {
    const appended = this.#appended.get(streamId)
    if (appended === undefined) return
    const version = appended.after + appended.events.length
    const loaded = this.#loaded.get(streamId)
    const isDue =
      loaded === undefined
        ? Math.floor(version / every) > Math.floor(appended.after / every)
        : version - (loaded.snapshot?.version ?? 0) >= every
    if (isDue) this.#snapshots.set(streamId, { streamId, version, state, stateVersion, every, kept })
  }

  prefetch(): void {
    this.#reads.send()
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#appended.size === 0) return
    // Sorted, so that two transactions which append to the same streams wait for one another instead of deadlocking.
    const streams = [...this.#appended.keys()].sort()
    const events = streams.flatMap((streamId) => {
      const { after, events } = this.#appended.get(streamId)!
      return events.map((event) => ({ event, after }))
    })
    const checked = streams.some((streamId) => !this.#loaded.has(streamId) && !this.#assured.has(streamId))
    const snapshots = [...this.#snapshots.values()]
    this.#snapshots.clear()
    await Promise.all([
      appendEvents(sql, events, checked),
      snapshots.length > 0 && saveSnapshots(sql, snapshots, this.uow.now),
    ])
    for (const streamId of streams) {
      const { after, events } = this.#appended.get(streamId)!
      this.#loaded.get(streamId)?.events.push(...events)
      if (this.#assured.has(streamId)) this.#assured.set(streamId, after + events.length)
    }
    this.#appended.clear()
  }

  #versionOf(streamId: string): number | undefined {
    const loaded = this.#loaded.get(streamId)
    if (loaded === undefined) return this.#assured.get(streamId)
    return (loaded.snapshot?.version ?? 0) + loaded.events.length
  }

  async #read(wanted: readonly Wanted[]): Promise<void> {
    const kept = wanted.flatMap(({ streamId, snapshots }) =>
      snapshots === undefined ? [] : [{ streamId, stateVersions: readableVersions(snapshots) }],
    )
    const plain = wanted.flatMap(({ streamId, snapshots }) => (snapshots === undefined ? [streamId] : []))
    const [sinceSnapshots, events] = await Promise.all([
      kept.length > 0 ? readFromSnapshots(this.uow, kept) : undefined,
      plain.length > 0 ? readStreams(this.uow, plain) : [],
    ])
    for (const [streamId, since] of sinceSnapshots ?? []) this.#loaded.set(streamId, since)
    for (const streamId of plain) this.#loaded.set(streamId, { snapshot: undefined, events: [] })
    for (const { streamId, ...event } of events) this.#loaded.get(streamId)!.events.push(event)
  }
}

interface Wanted {
  readonly streamId: string
  readonly snapshots: SnapshotPolicy | undefined
}

interface Loaded {
  readonly snapshot: Snapshot | undefined
  readonly events: StoredVersion[]
}

interface Appended {
  /** The version that the first of `events` follows. */
  readonly after: number
  readonly events: StoredEvent[]
}
