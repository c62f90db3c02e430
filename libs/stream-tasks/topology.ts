import type { ProducerRecord, TopicRecord } from '#libs/messaging'

/** One entry of a task's state in the changelog: the newest value of a key counts, null takes it away. */
export interface StateChange {
  readonly key: string
  readonly value: string | null
}

/** What became of the records since the last flush. */
export interface TaskChanges {
  readonly outputs: readonly ProducerRecord[]
  readonly changelog: readonly StateChange[]
}

/**
 * The work on one partition of the source, with state of its own. It is deterministic: records and their order decide
 * everything, so that it goes on elsewhere from its changelog as if it had never been away.
 */
export interface Task {
  /** How much it holds, in entries: what the limit is about. */
  readonly entries: number
  /** How much `flush` would tell now, in records, about. */
  readonly pending: number
  process(record: TopicRecord): void
  /** Everything that changed since it was last asked; those who read the changelog up to here know the whole state. */
  flush(): TaskChanges
  /** One entry of the changelog, in the order in which they were written. */
  restore(key: string, value: Buffer | null): void
}

/** What is computed: a task for each partition of the source. */
export interface Topology {
  /** The consumer group, and the beginning of the transactional ids. */
  readonly name: string
  readonly source: string
  /** Compacted, with as many partitions as the source. */
  readonly changelog: string
  readonly task: (partition: number) => Task
}

/** More state than the process may hold. It stops: a part of the state would be a wrong state. */
export class StateLimitExceeded extends Error {
  override readonly name = 'StateLimitExceeded'

  constructor(topology: string, entries: number, limit: number) {
    super(
      `${topology}: ${entries} entries of state are more than the limit of ${limit}; ` +
        'raise the limit (and the memory), share the partitions with another process, or declare shorter windows',
    )
  }
}
