import { setTimeout as pause } from 'node:timers/promises'
import { LATEST, type ReadPartition, type TopicReader } from '#libs/messaging'
import { createLogger, fields } from '#libs/observability'
import { Batch } from './batch.ts'
import type { StreamPosition } from './position.ts'

/** How long a fetch waits for a first record, and how often there is one at most. Milliseconds. */
const WAIT_MS = 500
const PACE_MS = 150
const TROUBLE_MS = 1_000
/** After the last one has left: whoever loads the page again finds it running. Milliseconds. */
const LINGER_MS = 3_000

const log = createLogger('stream')

export interface FeedListener {
  readonly topics: readonly string[]
  /** What was read at once of its topics; the same for all who follow the same ones. */
  records(batch: Batch): void
  /** Records are missing in what the feed gave: they were removed before they were read. */
  gap(): void
}

/**
 * Follows topics from their end on, in one loop for everybody, and only those that somebody wants: without a listener
 * nothing is read.
 */
export class TopicFeed {
  readonly #listeners = new Set<FeedListener>()
  /** Of each topic that is followed, the next offset of each partition. */
  readonly #position = new Map<string, number[]>()
  #loop: Promise<void> | undefined
  #stopped = false

  constructor(
    private readonly reader: TopicReader,
    private readonly paceMs = PACE_MS,
  ) {}

  /** Resolves when the listener's topics are followed; it is told what is read from `position` on, whenever that is asked. */
  async listen(listener: FeedListener): Promise<void> {
    this.#listeners.add(listener)
    try {
      await this.#follow(listener.topics)
    } catch (error) {
      this.#listeners.delete(listener)
      throw error
    }
    this.#loop ??= this.#run()
  }

  leave(listener: FeedListener): void {
    this.#listeners.delete(listener)
  }

  position(topics: readonly string[]): StreamPosition {
    return new Map(
      topics.flatMap((topic) => (this.#position.has(topic) ? [[topic, [...this.#position.get(topic)!]]] : [])),
    )
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#listeners.clear()
    await this.#loop
  }

  /** From the end of those that are not followed yet, and of partitions that are new. */
  async #follow(topics: Iterable<string>): Promise<void> {
    const counts = await this.reader.partitionCounts([...topics])
    const added = Array.from(counts).flatMap(([topic, count]) => {
      const known = this.#position.get(topic)?.length ?? 0
      return Array.from({ length: Math.max(0, count - known) }, (_, i) => ({
        topic,
        partition: known + i,
        isNew: known > 0,
      }))
    })
    if (added.length === 0) return
    const ends = await this.reader.offsetsAt(added, LATEST)
    for (const { topic, partition, isNew } of added) {
      const end = ends.find((each) => each.topic === topic && each.partition === partition)?.offset ?? 0
      const offsets = this.#position.get(topic) ?? []
      // Two that ask at once: the first answer stands.
      offsets[partition] ??= isNew ? 0 : end
      this.#position.set(topic, offsets)
    }
  }

  async #run(): Promise<void> {
    let wantedAt = Date.now()
    while (!this.#stopped) {
      const wanted = new Set([...this.#listeners].flatMap(({ topics }) => topics))
      if (wanted.size > 0) {
        wantedAt = Date.now()
        for (const topic of this.#position.keys()) if (!wanted.has(topic)) this.#position.delete(topic)
      } else if (Date.now() - wantedAt > LINGER_MS) break
      await this.#step().catch(async (error: unknown) => {
        log.debug('topics not read', { [fields.error]: error })
        await pause(TROUBLE_MS)
      })
      await pause(this.paceMs)
    }
    this.#position.clear()
    this.#loop = undefined
  }

  async #step(): Promise<void> {
    await this.#follow(this.#position.keys())
    const positions = Array.from(this.#position).flatMap(([topic, offsets]) =>
      offsets.map((offset, partition) => ({ topic, partition, offset })),
    )
    if (positions.length === 0) return
    const read = await this.reader.read(positions, { waitMs: WAIT_MS })
    const lost = read.filter(({ isOutOfRange }) => isOutOfRange)
    for (const { topic, partition, next } of read) {
      const offsets = this.#position.get(topic)
      if (offsets !== undefined) offsets[partition] = next
    }
    this.#tell(read)
    if (lost.length > 0) await this.#skip(lost)
  }

  #tell(read: readonly ReadPartition[]): void {
    const byTopic = Map.groupBy(
      read.flatMap(({ records }) => records),
      ({ topic }) => topic,
    )
    if (byTopic.size === 0) return
    const batches = new Map<string, Batch>()
    for (const listener of this.#listeners) {
      const names = listener.topics.join()
      let batch = batches.get(names)
      if (batch === undefined) {
        const records = listener.topics.flatMap((topic) => byTopic.get(topic) ?? [])
        batch = new Batch(records, this.position(listener.topics))
        batches.set(names, batch)
      }
      if (batch.records.length > 0) listener.records(batch)
    }
  }

  /** To the end of partitions in which nothing is where the feed wanted to go on. */
  async #skip(lost: readonly ReadPartition[]): Promise<void> {
    for (const { topic, partition, offset } of await this.reader.offsetsAt(lost, LATEST)) {
      const offsets = this.#position.get(topic)
      if (offsets !== undefined) offsets[partition] = Math.max(0, offset)
    }
    const topics = new Set(lost.map(({ topic }) => topic))
    for (const listener of this.#listeners) if (listener.topics.some((topic) => topics.has(topic))) listener.gap()
  }
}
