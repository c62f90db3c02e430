import { type ProducerRecord, type ReadPartition, type ReadPosition, TryAgain } from '#libs/messaging'
import { createLogger, fields } from '#libs/observability'
import { Slices } from './slices.ts'
import type { Task, Topology } from './topology.ts'

interface RunningTask {
  readonly task: Task
  /** Of the next record to process. */
  offset: number
}

/** What is to be committed in one transaction. */
export interface Changes {
  /** For other topics, and for the changelog. */
  readonly outputs: readonly ProducerRecord[]
  /** How far all tasks have read. */
  readonly positions: readonly ReadPosition[]
  /** Records that it is made of. */
  readonly records: number
}

/** That tasks have to tell together at most before it is committed, about: what of it is in memory at once. */
const MOST_PENDING = 5_000

const log = createLogger('streams')

/**
 * The tasks that a process works on, one for each partition that it was given, and how far each has read. Who drives them waits for each
 * call before the next: they work in slices, and others in the process have their turn between two.
 */
export class RunningTasks {
  readonly #tasks = new Map<number, RunningTask>()
  readonly #slices = new Slices()
  #uncommitted = 0

  constructor(private readonly topology: Topology) {}

  get partitions(): readonly number[] {
    return [...this.#tasks.keys()]
  }

  /** Where each goes on. */
  get positions(): ReadPosition[] {
    const { source: topic } = this.topology
    return Array.from(this.#tasks, ([partition, { offset }]) => ({ topic, partition, offset }))
  }

  /** Of the state of all of them. */
  get entries(): number {
    let entries = 0
    for (const { task } of this.#tasks.values()) entries += task.entries
    return entries
  }

  /** Whether anything was processed that `takeChanges` has not given out. */
  get hasChanges(): boolean {
    return this.#uncommitted > 0
  }

  /** There is so much to tell that nothing more is to be processed before. */
  get isFull(): boolean {
    let pending = 0
    for (const { task } of this.#tasks.values()) pending += task.pending
    return pending >= MOST_PENDING
  }

  has(partition: number): boolean {
    return this.#tasks.has(partition)
  }

  add(partition: number, task: Task, offset: number): void {
    this.#tasks.set(partition, { task, offset })
  }

  /** Their state is another process's, or will be restored. */
  drop(partition: number): void {
    this.#tasks.delete(partition)
  }

  clear(): void {
    this.#tasks.clear()
    this.#uncommitted = 0
  }

  /** @throws TryAgain where a partition does not reach to where its task stands. */
  async process({ partition, records, next, offset, isOutOfRange, unreadable }: ReadPartition): Promise<void> {
    const running = this.#tasks.get(partition)!
    if (isOutOfRange) throw new TryAgain(`${this.topology.source}/${partition} does not reach to offset ${offset}`)
    for (const { first, last, reason } of unreadable)
      log.error('records that nothing can be made of are skipped', {
        ...{ [fields.partition]: partition, [fields.offset]: `${first} to ${last}`, [fields.error]: reason },
      })
    for await (const slice of this.#slices.of(records)) for (const record of slice) running.task.process(record)
    running.offset = next
    this.#uncommitted += records.length
  }

  /** Of all tasks since the last time. */
  async takeChanges(): Promise<Changes> {
    const { changelog } = this.topology
    const outputs: ProducerRecord[] = []
    for await (const some of this.#slices.of([...this.#tasks], ([, { task }]) => 1 + task.pending))
      for (const [partition, { task }] of some) {
        const changes = task.flush()
        for (const output of changes.outputs) outputs.push(output)
        for (const { key, value } of changes.changelog)
          outputs.push({ topic: changelog, partition, record: { key, value, headers: {} } })
      }
    const records = this.#uncommitted
    this.#uncommitted = 0
    return { outputs, positions: this.positions, records }
  }
}
