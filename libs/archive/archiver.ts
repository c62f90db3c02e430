import { setTimeout as delay } from 'node:timers/promises'
import { EARLIEST, GroupMembership, type KafkaOptions, TopicReader } from '#libs/messaging'
import { createLogger, describeError, fields } from '#libs/observability'
import type { ArchiveStore } from './archive-store.ts'
import { encodeFile, endOfFile, nameOf, readName } from './event-file.ts'
import { Lane, type LaneLimits } from './lane.ts'

export interface ArchiverOptions extends KafkaOptions {
  readonly store: ArchiveStore
  /** Of this process, and the same from start to start. */
  readonly instanceId: string
  /** Default: 200,000 records or 32 MiB of events, or five minutes. */
  readonly limits?: Partial<LaneLimits>
  readonly groupId?: string
}

const TOPIC = 'shop-events'
const LIMITS: LaneLimits = { maxRecords: 200_000, maxBytes: 32 * 1024 * 1024, maxAgeMs: 5 * 60_000 }
/** What all partitions of the process hold together; beyond it the largest is written. */
const MOST_BYTES = 96 * 1024 * 1024
const WAIT_MS = 500
const MAX_BYTES = 4 * 1024 * 1024
/** How soon it is noticed that the topic has grown. Milliseconds. */
const LOOK_MS = 2_000
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [100, 5_000]
/** For a file that is being written. Milliseconds. */
const STOP_MS = 3_000

const log = createLogger('archiver')

/**
 * Writes the raw events of the topic to files, each event into one file exactly.
 *
 *     committed offset ──▶ gather ──▶ create the file that begins there ──▶ commit where it ends ──▶ …
 *
 * A partition's files are a chain: each is named by the offset at which it begins, which is where the one before it ends,
 * and a name is given once only. So whoever comes back after a crash between file and commit, or believes to own what
 * another has taken over, finds the file there, and goes on where that ends.
 */
export class Archiver {
  readonly #reader: TopicReader
  readonly #membership: GroupMembership
  readonly #lanes = new Map<number, Lane>()
  readonly #stopping = new AbortController()
  readonly #limits: LaneLimits
  #running: Promise<void> | undefined
  #partitions = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #status: string | undefined = 'has not joined its group yet'
  /** Since the start. */
  readonly counts = { files: 0, events: 0, bytes: 0 }

  constructor(private readonly options: ArchiverOptions) {
    const { brokers, clientId, instanceId, groupId = 'archiver' } = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#reader = new TopicReader({ brokers, clientId, readCommitted: true })
    this.#membership = new GroupMembership({ brokers, clientId, groupId, topic: TOPIC, instanceId })
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** What is gathered and in no file yet is read again by whoever goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    // Who waits to be shared out is not waited for: members that are frozen hold that up for as long as they may.
    const settled = () => Promise.race([this.#running, delay(STOP_MS, undefined, { ref: false })])
    await settled()
    await this.#membership.leave()
    this.#reader.close()
    await settled()
  }

  /** Rejects, saying why, while nothing is archived. */
  async check(): Promise<void> {
    if (this.#status !== undefined) throw new Error(this.#status)
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE_MS
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#work(() => {
          pause = FIRST_PAUSE_MS
        })
      } catch (error) {
        this.#status = describeError(error)
        this.#lanes.clear()
        this.#membership.doubt()
        log.warn('goes on from what is committed', { [fields.error]: error })
        await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => {})
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
      }
    }
  }

  async #work(succeeded: () => void): Promise<void> {
    const swept = await this.options.store.sweep()
    if (swept > 0) log.info('half files removed', { [fields.count]: swept })
    while (!this.#stopping.signal.aborted) {
      this.#membership.check()
      await this.#lookForMore()
      if (this.#membership.mustJoin) await this.#rebalance()
      await this.#read()
      for (const lane of this.#due()) await this.#write(lane)
      this.#status = undefined
      succeeded()
    }
  }

  /** Partitions that were added are nobody's until the group is shared out anew. */
  async #lookForMore(): Promise<void> {
    if (performance.now() - this.#lookedAt < LOOK_MS) return
    this.#lookedAt = performance.now()
    const partitions = await this.#reader.partitionCount(TOPIC)
    if (partitions !== this.#partitions) this.#membership.doubt()
    this.#partitions = partitions
  }

  async #rebalance(): Promise<void> {
    const { partitions } = await this.#membership.join([...this.#lanes.keys()])
    for (const partition of this.#lanes.keys()) if (!partitions.includes(partition)) this.#lanes.delete(partition)
    const missing = partitions.filter((partition) => !this.#lanes.has(partition))
    if (missing.length === 0) return
    const committed = await this.#membership.committed(missing)
    const starts = await this.#reader.offsetsAt(
      missing.map((partition) => ({ topic: TOPIC, partition })),
      EARLIEST,
    )
    const ends = await this.#archivedEnds(missing.filter((partition) => (committed.get(partition) ?? -1) < 0))
    for (const { partition, offset: earliest } of starts) {
      const known = Math.max(committed.get(partition) ?? -1, ends.get(partition) ?? -1)
      if (known >= 0 && known < earliest)
        log.error('events were removed from the topic before they were archived', { partition, known, earliest })
      const first = Math.max(known, earliest)
      this.#lanes.set(partition, new Lane(partition, first, first, this.#limits))
    }
  }

  /** Where the archive ends, for partitions of which the group knows nothing (any more). */
  async #archivedEnds(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    if (partitions.length === 0) return new Map()
    const last = new Map<number, { name: string; first: number }>()
    for (const name of await this.options.store.list(`${TOPIC}/`)) {
      const read = readName(name)
      if (read === undefined || !partitions.includes(read.partition)) continue
      if ((last.get(read.partition)?.first ?? -1) < read.first) last.set(read.partition, { name, first: read.first })
    }
    const ends = [...last].map(async ([partition, { name }]) => {
      return [partition, endOfFile(await this.options.store.read(name))] as const
    })
    return new Map(await Promise.all(ends))
  }

  async #read(): Promise<void> {
    if (this.#lanes.size === 0) return delay(WAIT_MS, undefined, { signal: this.#stopping.signal }).catch(() => {})
    const positions = [...this.#lanes.values()].map(({ partition, next }) => ({
      topic: TOPIC,
      partition,
      offset: next,
    }))
    for (const found of await this.#reader.read(positions, { waitMs: WAIT_MS, maxBytes: MAX_BYTES })) {
      if (found.isOutOfRange) throw new Error(`partition ${found.partition} does not reach offset ${found.offset}`)
      for (const { first, last, reason } of found.unreadable)
        log.error('a batch that nothing can be made of is not archived', { ...{ first, last, reason } })
      this.#lanes.get(found.partition)?.add(found.records, found.next)
    }
  }

  #due(): Lane[] {
    const lanes = [...this.#lanes.values()]
    const due = lanes.filter(({ isDue }) => isDue)
    const bytes = lanes.reduce((sum, lane) => sum + lane.bytes, 0)
    if (due.length > 0 || bytes < MOST_BYTES) return due
    return [lanes.reduce((largest, lane) => (lane.bytes > largest.bytes ? lane : largest))]
  }

  async #write(lane: Lane): Promise<void> {
    const { store } = this.options
    do {
      const { partition, first, hour } = lane
      const { records, end } = lane.file()
      const name = nameOf(partition, first, hour)
      const bytes = await encodeFile({ partition, first, end }, records)
      if (await store.create(name, bytes)) {
        lane.goOn(end)
        this.counts.files++
        this.counts.events += records.length
        this.counts.bytes += bytes.length
      } else lane.goOn(endOfFile(await store.read(name)))
      await this.#membership.commit(new Map([[partition, lane.first]]))
    } while (lane.isDue)
  }
}
