import { setTimeout as delay } from 'node:timers/promises'
import { EARLIEST, type KafkaOptions, TopicReader, type TopicRecord } from '#libs/messaging'
import { createLogger, fields } from '#libs/observability'
import { type RestoredTask, sizeOf } from './restore-tasks.ts'
import { Slices } from './slices.ts'
import type { Topology } from './topology.ts'

export interface StandbyOptions extends KafkaOptions {
  readonly topology: Topology
  /** Entries that the copies may hold now: what the process's own tasks leave of its limit. */
  readonly room: () => number
}

/** A copy of the state of a task that another process runs, up to an offset of its changelog. */
interface Copy extends RestoredTask {
  /** When it was last seen to be at the end. */
  readAt: number
}

const LIMITS = { waitMs: 500, maxBytes: 2 * 1024 * 1024, partitionBytes: 256 * 1024 }
const AGAIN_MS = 500
/**
 * Compaction keeps what a tombstone took away from view for a day, and then the tombstone is gone, too: whoever has not read for that
 * long could miss it. A copy that old begins again.
 */
const STALE_MS = 60 * 60_000

const log = createLogger('standby')

/**
 * Keeps copies of tasks that others run, by reading their changelog as it is committed: when such a task is taken over, only
 * what was written since has to be read. Kafka Streams: standby replicas. They never hold more than there is room for; beyond it the
 * largest is given up until the group is shared out anew.
 */
export class StandbyTasks {
  readonly #reader: TopicReader
  readonly #copies = new Map<number, Copy>()
  readonly #slices = new Slices()
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor(private readonly options: StandbyOptions) {
    const { brokers, clientId } = options
    this.#reader = new TopicReader({ brokers, clientId, readCommitted: true })
  }

  /** Of which it has copies, however far they are. */
  get partitions(): readonly number[] {
    return [...this.#copies.keys()]
  }

  get entries(): number {
    let entries = 0
    for (const { task } of this.#copies.values()) entries += task.entries
    return entries
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#reader.close()
    await this.#running
  }

  /** From now on it keeps copies of these, and of no others. */
  keep(partitions: readonly number[]): void {
    for (const partition of this.#copies.keys()) if (!partitions.includes(partition)) this.#copies.delete(partition)
    for (const partition of partitions)
      if (!this.#copies.has(partition)) this.#copies.set(partition, this.#begin(partition))
  }

  /** The copy, which is the caller's from now on. */
  take(partition: number): RestoredTask | undefined {
    const copy = this.#copies.get(partition)
    this.#copies.delete(partition)
    return copy
  }

  /** A task that was not taken over after all. */
  give(partition: number, task: RestoredTask): void {
    if (task.next !== EARLIEST) this.#copies.set(partition, { ...task, readAt: performance.now() })
  }

  #begin(partition: number): Copy {
    return { task: this.options.topology.task(partition), next: EARLIEST, records: 0, readAt: performance.now() }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {})
    while (!signal.aborted) {
      try {
        if (this.#copies.size === 0) await pause(AGAIN_MS)
        else await this.#read()
      } catch (error) {
        if (!signal.aborted) log.debug('nothing could be read', { [fields.error]: error })
        await pause(AGAIN_MS)
      }
    }
  }

  async #read(): Promise<void> {
    await this.#findStarts()
    const topic = this.options.topology.changelog
    const asked = new Map(this.#copies)
    const positions = Array.from(asked, ([partition, { next }]) => ({ topic, partition, offset: next }))
    // An answer that is full leaves out those at the end: another one begins each time.
    positions.push(...positions.splice(0, Math.floor(Math.random() * positions.length)))
    for (const { partition, records, next, end, isOutOfRange } of await this.#reader.read(positions, LIMITS)) {
      const copy = asked.get(partition)!
      // It was taken or given up meanwhile, and may be somebody's.
      if (this.#copies.get(partition) !== copy) continue
      if (isOutOfRange || performance.now() - copy.readAt > STALE_MS) {
        this.#copies.set(partition, this.#begin(partition))
        continue
      }
      await this.#restore(partition, copy, records)
      if (this.#copies.get(partition) !== copy) continue
      copy.next = next
      if (next >= end) copy.readAt = performance.now()
    }
    this.#makeRoom()
  }

  /** Whoever takes the copy between two slices finds it where it is: as far as `next` says. */
  async #restore(partition: number, copy: Copy, records: readonly TopicRecord[]): Promise<void> {
    for await (const slice of this.#slices.of(records, sizeOf)) {
      if (this.#copies.get(partition) !== copy) return
      for (const { key, value } of slice) copy.task.restore(key?.toString() ?? '', value)
      copy.next = slice.at(-1)!.offset + 1
      copy.records += slice.length
    }
  }

  async #findStarts(): Promise<void> {
    const topic = this.options.topology.changelog
    const fresh = [...this.#copies].filter(([, { next }]) => next === EARLIEST)
    if (fresh.length === 0) return
    const partitions = fresh.map(([partition]) => ({ topic, partition }))
    const copies = new Map(fresh)
    for (const { partition, offset } of await this.#reader.offsetsAt(partitions, EARLIEST))
      copies.get(partition)!.next = offset
  }

  #makeRoom(): void {
    while (this.#copies.size > 0 && this.entries > this.options.room()) {
      const [partition, { task }] = [...this.#copies].reduce((a, b) => (b[1].task.entries > a[1].task.entries ? b : a))
      this.#copies.delete(partition)
      log.warn('no room for the copy of a task', { [fields.partition]: partition, entries: task.entries })
    }
  }
}
