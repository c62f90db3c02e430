import type { Assignment } from './assignor.ts'
import { type GivenUpCause, type SharePartition, type Span, startingAt, withSpans } from './window.ts'

/** A member of a share group as the journal keeps it. */
export interface StoredMember {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Names of topics, sorted. */
  readonly topics: readonly string[]
}

export interface TopicIdPartition {
  readonly topicId: string
  readonly partition: number
}

/** `first`, `last` (included), state by number, delivery count; the cause by number where they are being archived. */
export type StoredSpan = readonly [number, number, number, number] | readonly [number, number, number, number, number]

/** What happened to share groups, as facts in the journal `share-groups`. Heartbeats and acquired records are not facts. */
export type ShareRecord = { readonly groupId: string } & (
  | { readonly type: 'MemberPut'; readonly epoch: number; readonly member: StoredMember }
  | { readonly type: 'MemberRemoved'; readonly epoch: number; readonly memberId: string }
  /** Topics have changed: others are assigned to the same members. In a snapshot, what is assigned to whom. */
  | {
      readonly type: 'EpochBumped'
      readonly epoch: number
      readonly assignments?: readonly (readonly [memberId: string, assignment: Assignment])[]
    }
  /** From here on the group reads this partition, and nothing else is known of it. */
  | ({ readonly type: 'PartitionStarted'; readonly start: number } & TopicIdPartition)
  | ({
      readonly type: 'RecordsChanged'
      readonly start: number
      readonly spans: readonly StoredSpan[]
    } & TopicIdPartition)
  /** The log ends here, and not where it ended before a power cut. */
  | ({ readonly type: 'PartitionCut'; readonly end: number } & TopicIdPartition)
  | { readonly type: 'TopicsForgotten'; readonly topicIds: readonly string[] }
  | { readonly type: 'GroupDeleted' }
)

/** By the numbers of Kafka's own share state. Nothing is stored as acquired. */
const STATES = { available: 0, acknowledged: 2, archiving: 3, archived: 4 } as const
const NAMES = new Map<number, keyof typeof STATES>(
  Object.entries(STATES).map(([name, number]) => [number, name as keyof typeof STATES]),
)
const CAUSES: readonly GivenUpCause[] = ['delivered too often', 'rejected']

export function storedSpan({ first, last, state, deliveryCount, cause }: Span): StoredSpan {
  const number = STATES[state as keyof typeof STATES]
  if (cause === undefined) return [first, last, number, deliveryCount]
  return [first, last, number, deliveryCount, CAUSES.indexOf(cause)]
}

/** The partition after a `RecordsChanged`. */
export function evolvePartition(
  before: SharePartition,
  change: { readonly start: number; readonly spans: readonly StoredSpan[] },
): SharePartition {
  const spans = change.spans.map(([first, last, state, deliveryCount, cause]): Span => {
    const span = { first, last, state: NAMES.get(state)!, deliveryCount }
    return cause === undefined ? span : { ...span, cause: CAUSES[cause]! }
  })
  return startingAt(withSpans(before, spans), change.start)
}
