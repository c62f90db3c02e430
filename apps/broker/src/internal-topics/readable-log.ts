import type { PartitionLog } from '../log/partition-log.ts'

/** What requests that only read need of a partition. */
export type ReadableLog = Pick<
  PartitionLog,
  'topic' | 'partition' | 'leaderEpoch' | 'closed' | 'read' | 'onChange' | 'offsetForTimestamp' | 'endOffsetForEpoch'
>

/** A topic for requests that only read. */
export interface ReadableTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
  readonly logs: readonly ReadableLog[]
}

/** Topics by what requests name them. */
export interface ReadableTopics {
  all(): Iterable<ReadableTopic>
  find(name: string): ReadableTopic | undefined
  findById(topicId: string): ReadableTopic | undefined
}
