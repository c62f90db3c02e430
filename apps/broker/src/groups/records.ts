import type { ConsumerRecord } from '../consumer-groups/consumer-records.ts'
import type { Group, Member } from './group.ts'

/** A member as the journal keeps it; byte strings are base64. */
export interface StoredMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocols: readonly { readonly name: string; readonly metadata: string }[]
}

export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  /** Milliseconds since the epoch. */
  readonly committedAt: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What happened to groups, as facts in the journal `groups`. Heartbeats and parked requests are not facts. */
export type GroupRecord = ConsumerRecord | ClassicRecord

/** Of classic groups, and of offsets, which are the same in every protocol. */
export type ClassicRecord = { readonly groupId: string } & (
  | {
      readonly type: 'GenerationStarted'
      readonly generation: number
      readonly protocolType: string | null
      readonly protocol: string | null
      readonly leader: string | null
      /** None: the group is empty. */
      readonly members: readonly StoredMember[]
      readonly at: number
    }
  | {
      readonly type: 'AssignmentsMade'
      readonly assignments: Readonly<Record<string, string>>
      /** Somebody has left already, so members are to join again, after a crash too. */
      readonly rebalances?: true
    }
  | { readonly type: 'StaticMemberReplaced'; readonly from: string; readonly member: StoredMember }
  | { readonly type: 'OffsetsCommitted'; readonly offsets: readonly (TopicPartition & CommittedOffset)[] }
  /** Part of a transaction: they count once it commits. */
  | {
      readonly type: 'OffsetsPending'
      readonly producerId: number
      readonly offsets: readonly (TopicPartition & CommittedOffset)[]
    }
  | { readonly type: 'TransactionEnded'; readonly producerId: number; readonly commit: boolean }
  | { readonly type: 'OffsetsDeleted'; readonly offsets: readonly TopicPartition[] }
  | { readonly type: 'GroupDeleted' }
)

export function stored(member: Member): StoredMember {
  const { memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs } = member
  const protocols = member.protocols.map(({ name, metadata }) => ({ name, metadata: metadata.toString('base64') }))
  return { memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols }
}

/** The shortest sequence of records that gives the members of this group again. */
export function* snapshotOfGroup({ recorded }: Group): Generator<GroupRecord> {
  if (recorded !== undefined) yield recorded.started
  if (recorded?.assigned !== undefined) yield recorded.assigned
}
