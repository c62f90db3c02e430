import type { TopicPartitions } from './partitions.ts'

/** What a member that speaks the classic protocol in a group of the consumer protocol has said; metadata is base64. */
export interface StoredClassicMember {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly { readonly name: string; readonly metadata: string }[]
}

/** A member of a consumer group as the journal keeps it: what it has said of itself. */
export interface StoredConsumerMember {
  readonly memberId: string
  /** The name of a static member, which keeps its place in the group over a restart. */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Whom it has proven to be, by which is decided what its expression may find; not there: `User:ANONYMOUS`. */
  readonly principal?: string | undefined
  readonly rebalanceTimeoutMs: number
  /** Names of topics, sorted. */
  readonly topics: readonly string[]
  /** Topics of such names as well (RE2); null or empty: none. */
  readonly regex: string | null
  /** The assignor that it would like; null: any. */
  readonly assignor: string | null
  /** Undefined: it speaks the consumer protocol. */
  readonly classic?: StoredClassicMember | undefined
}

/** Where a member is on its way to what it should read. */
export type MemberState =
  /** It has what it should have had as of its epoch. */
  | 'Stable'
  /** It has been told to give partitions up, and has not said yet that it has. */
  | 'Unrevoked'
  /** What it should have is still with others. */
  | 'Unreleased'

/** Partitions of one topic, and in their order the epochs in which they were assigned. */
export interface AssignedPartitions extends TopicPartitions {
  readonly epochs: readonly number[]
}

/** What happened to groups of the consumer protocol (KIP-848), as facts in the journal `groups`. Heartbeats are none. */
export type ConsumerRecord = { readonly groupId: string } & (
  | { readonly type: 'ConsumerMemberPut'; readonly member: StoredConsumerMember }
  /** It speaks the consumer protocol from now on, and has no members yet. Its offsets stay. */
  | { readonly type: 'ConsumerGroupStarted'; readonly epoch: number }
  | { readonly type: 'ConsumerMemberRemoved'; readonly memberId: string }
  /** Somebody should read something else. */
  | { readonly type: 'ConsumerEpochBumped'; readonly epoch: number }
  /** What everybody should read as of this epoch; those who are not named, what they should read before. */
  | {
      readonly type: 'ConsumerTargetsMade'
      readonly epoch: number
      readonly targets: readonly { readonly memberId: string; readonly topics: readonly TopicPartitions[] }[]
    }
  /** What a member has been told to read and to give up. */
  | {
      readonly type: 'ConsumerMemberAssigned'
      readonly memberId: string
      readonly epoch: number
      readonly previousEpoch: number
      readonly state: MemberState
      readonly assigned: readonly AssignedPartitions[]
      readonly revoking: readonly AssignedPartitions[]
    }
)
