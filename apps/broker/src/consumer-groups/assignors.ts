import type { PartitionKey } from './partitions.ts'
import { assignRanges } from './range-assignor.ts'
import type { KnownTopic } from './subscription.ts'
import { assignUniformly } from './uniform-assignor.ts'

/** A member as an assignor sees it. */
export interface Subscriber {
  readonly memberId: string
  readonly instanceId: string | null
  /** Topics that exist, each once. */
  readonly topics: readonly KnownTopic[]
  /** What it should have read until now. */
  readonly before: ReadonlySet<PartitionKey>
}

/** Who should read what: a partition has one reader if anybody subscribes to its topic. Says the same of the same. */
export type Assignor = (subscribers: readonly Subscriber[]) => ReadonlyMap<string, ReadonlySet<PartitionKey>>

/** By name; the first is what is used where nobody asks for one. */
export const assignors: Readonly<Record<string, Assignor>> = { uniform: assignUniformly, range: assignRanges }
