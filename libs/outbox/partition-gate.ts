import type { OutboxRecord } from './hand-over.ts'
import type { Partitioner } from './publisher.ts'

/** Between tries to reach partitions that are away, milliseconds; doubled with each one in vain. */
const RETRY_MS = { min: 50, max: 5_000 }

/** Where a row may go. */
export type Passage = 'open' | 'due' | 'closed'

/**
 * Which partitions rows may go to. One that has failed is away: it is tried again now and then, in one batch with all
 * others that are away, while the rest flows. One whose answer is slow is closed until it answers, and so are the keys of
 * the rows that wait: should partitions be added meanwhile, a key that moves must not overtake itself.
 */
export class PartitionGate {
  readonly #away = new Set<string>()
  readonly #waiting = new Map<object, { partitions: ReadonlySet<string>; keys: ReadonlySet<string> }>()
  #failures = 0
  #retryAt = 0

  constructor(private readonly now: () => number = () => performance.now()) {}

  get allOpen(): boolean {
    return this.#away.size === 0 && this.#waiting.size === 0
  }

  /** Until partitions that are away are to be tried again, milliseconds; `Infinity` when none is. */
  get retryInMs(): number {
    return this.#away.size === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.#retryAt - this.now())
  }

  /** These rows are on their way, and nobody waits for them any more: `release` says when that is over. */
  hold(publishing: object, rows: Iterable<OutboxRecord>, partitionOf: Partitioner): void {
    const [partitions, keys] = [new Set<string>(), new Set<string>()]
    for (const { topic, key } of rows) {
      partitions.add(partitionOf(topic, key))
      keys.add(keyName(topic, key))
    }
    this.#waiting.set(publishing, { partitions, keys })
  }

  release(publishing: object): void {
    this.#waiting.delete(publishing)
  }

  /** A batch of partitions that are away begins; until it is settled no other one is due. */
  retrying(): void {
    this.#retryAt = Number.POSITIVE_INFINITY
  }

  /** What became of a batch: the partitions that it had rows for, and those of them that did not take all. */
  settle(partitions: Iterable<string>, failed: ReadonlySet<string>, isRetry: boolean): void {
    const isFirst = this.#away.size === 0
    for (const partition of partitions) {
      if (failed.has(partition)) this.#away.add(partition)
      else this.#away.delete(partition)
    }
    if (this.#away.size === 0) this.#failures = 0
    else if (isFirst || isRetry) this.#retryAt = this.now() + (failed.size === 0 ? 0 : this.#nextWaitMs())
  }

  #nextWaitMs(): number {
    return Math.min(RETRY_MS.min * 2 ** this.#failures++, RETRY_MS.max) * (0.5 + Math.random() / 2)
  }

  /** Nothing waits for the partitions that are away. */
  reopen(): void {
    this.#away.clear()
    this.#failures = 0
  }

  /** The state at this moment, as a question to ask of each row; partitions that are `due` are to be tried again. */
  passages(partitionOf: Partitioner): (topic: string, key: string) => Passage {
    const isDue = this.retryInMs === 0
    const away = new Set(this.#away)
    const waiting = [...this.#waiting.values()]
    return (topic, key) => {
      const partition = partitionOf(topic, key)
      const name = keyName(topic, key)
      if (waiting.some(({ partitions, keys }) => partitions.has(partition) || keys.has(name))) return 'closed'
      if (!away.has(partition)) return 'open'
      return isDue ? 'due' : 'closed'
    }
  }
}

const keyName = (topic: string, key: string): string => `${topic}\n${key}`
