import { ConcurrencyConflict, GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import type { DomainEvent, NewEvent, StoredEvent } from './event.ts'
import { appendEvents } from './sql/append-events.ts'
import { readStreams } from './sql/read-streams.ts'

/** The event streams as one unit of work sees them: as committed, plus what it has appended itself. */
export class EventStreams implements Part {
  readonly #reads = new GatheredReads<string>((streamIds) => this.#read(streamIds))
  readonly #loaded = new Map<string, DomainEvent[]>()
  readonly #appended = new Map<string, Appended>()
  /** Versions that somebody else has made sure of. */
  readonly #assured = new Map<string, number>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that `streamId` will be loaded, so that one statement reads it together with the others. */
  announce(streamId: string): void {
    this.#reads.announce(streamId, streamId)
  }

  /**
   * All events of a stream, oldest first, and of each what deciders know; none for a stream that does not exist. Where
   * they come from is `readStream`'s to tell.
   */
  async load(streamId: string): Promise<DomainEvent[]> {
    this.announce(streamId)
    await this.#reads.done()
    return [...this.#loaded.get(streamId)!, ...(this.#appended.get(streamId)?.events ?? [])]
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
    const known = this.#appended.has(streamId)
      ? appended.after + appended.events.length
      : (this.#loaded.get(streamId)?.length ?? this.#assured.get(streamId))
    if (known !== undefined && known !== expectedVersion)
      throw new ConcurrencyConflict(`stream ${streamId} is at version ${known}, not ${expectedVersion}`)
    if (events.length === 0) return
    this.#appended.set(streamId, appended)
    let version = expectedVersion
    for (const event of events) appended.events.push({ ...event, streamId, version: ++version, at: this.uow.now })
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
    await appendEvents(sql, events, checked)
    for (const streamId of streams) {
      const { after, events } = this.#appended.get(streamId)!
      this.#loaded.get(streamId)?.push(...events)
      if (this.#assured.has(streamId)) this.#assured.set(streamId, after + events.length)
    }
    this.#appended.clear()
  }

  async #read(streamIds: readonly string[]): Promise<void> {
    const events = await readStreams(this.uow, streamIds)
    for (const streamId of streamIds) this.#loaded.set(streamId, [])
    for (const { streamId, type, data } of events) this.#loaded.get(streamId)!.push({ type, data })
  }
}

interface Appended {
  /** The version that the first of `events` follows. */
  readonly after: number
  readonly events: StoredEvent[]
}
