import { consumerTopics, ErrorCode } from '#libs/kafka-protocol'
import { checkMember, Decision } from './decision.ts'
import { type Group, metadataOf } from './group.ts'
import { type GroupOffsets, isPending } from './group-offsets.ts'
import type { CommittedOffset, GroupRecord, TopicPartition } from './records.ts'

export interface Commit {
  readonly memberId: string
  readonly instanceId: string | null
  /** Negative: from somebody who manages partitions alone, or an administrator. */
  readonly generation: number
  readonly offsets: readonly (TopicPartition & CommittedOffset)[]
  /** The producer whose transaction they are part of; undefined: they count at once. */
  readonly producerId?: number | undefined
}

/** All offsets of the request are committed, or none. `isNew`: the group does not exist yet. */
export function decideCommit(
  group: Group,
  commit: Commit,
  isNew: boolean,
  now: number,
): { readonly decision: Decision; readonly errorCode: ErrorCode } {
  const decision = new Decision(group)
  const errorCode = checkCommit(group, commit, isNew)
  if (errorCode !== ErrorCode.NONE) return { decision, errorCode }
  const member = group.members.get(commit.memberId)
  if (member !== undefined) decision.putMember({ ...member, lastSeen: now })
  const { groupId } = group
  const { offsets, producerId } = commit
  if (offsets.length === 0) return { decision, errorCode }
  if (producerId === undefined) decision.record({ type: 'OffsetsCommitted', groupId, offsets })
  else decision.record({ type: 'OffsetsPending', groupId, producerId, offsets })
  return { decision, errorCode }
}

/** The producer's transaction is over: what it had pending counts from now on, or never did. */
export const decideTransactionEnd = (
  groupId: string,
  { pending }: GroupOffsets,
  producerId: number,
  commit: boolean,
): readonly GroupRecord[] =>
  pending.has(producerId) ? [{ type: 'TransactionEnded', groupId, producerId, commit }] : []

function checkCommit(group: Group, commit: Commit, isNew: boolean): ErrorCode {
  const isTransactional = commit.producerId !== undefined
  if (commit.generation < 0 && group.state === 'Empty') return ErrorCode.NONE
  if (isNew) return ErrorCode.ILLEGAL_GENERATION
  // Early versions of TxnOffsetCommit name no member, and the group's state never stands in the way of a transaction.
  const namesNobody = commit.generation < 0 && commit.memberId === '' && commit.instanceId === null
  if (isTransactional && namesNobody) return ErrorCode.NONE
  const memberError = checkMember(group, commit.memberId, commit.instanceId)
  if (memberError !== ErrorCode.NONE) return memberError
  if (commit.generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION
  return group.state === 'CompletingRebalance' && !isTransactional ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** Topics that the members of a live consumer group read; undefined when that cannot be known. */
export function subscribedTopics(group: Group): ReadonlySet<string> | undefined {
  if (group.protocolType !== 'consumer' || group.protocol === null) return undefined
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const subscription = consumerTopics(metadataOf(member, group.protocol))
    if (subscription === undefined) return undefined
    for (const topic of subscription) topics.add(topic)
  }
  return topics
}

/**
 * Forgets offsets that nobody has needed for the retention time: counted from when the group became empty, for
 * consumers outside of groups from their last commit, and never for what a live group subscribes to.
 */
export function decideOffsetExpiry(group: Group, offsets: GroupOffsets, before: ExpiredBefore): readonly GroupRecord[] {
  const { groupId } = group
  const expired = expiredOffsets(group, offsets, before)
  return expired.length > 0 ? [{ type: 'OffsetsDeleted', groupId, offsets: expired }] : []
}

/** Milliseconds since the epoch, of the wall clock and of the steady one. */
interface ExpiredBefore {
  readonly committedAt: number
  readonly emptySince: number
}

function expiredOffsets(group: Group, offsets: GroupOffsets, before: ExpiredBefore): TopicPartition[] {
  const isSimple = group.protocolType === null
  const subscribed = group.state === 'Empty' ? new Set<string>() : subscribedTopics(group)
  if (subscribed === undefined) return []
  const isInUse = group.state === 'Empty' && !isSimple && group.emptySince > before.emptySince
  const expired: TopicPartition[] = []
  for (const [topic, partitions] of offsets.committed) {
    if (subscribed.has(topic)) continue
    for (const [partition, { committedAt }] of partitions) {
      if (isPending(offsets, topic, partition)) continue
      if (isInUse || committedAt > before.committedAt) continue
      expired.push({ topic, partition })
    }
  }
  return expired
}

const isKnown = (offsets: GroupOffsets, topic: string, partition: number): boolean =>
  offsets.committed.get(topic)?.has(partition) === true || isPending(offsets, topic, partition)

/** OffsetDelete: not for topics that the group reads right now. One error per partition, in their order. */
export function decideOffsetDelete(
  group: Group,
  known: GroupOffsets,
  partitions: readonly TopicPartition[],
): { readonly records: readonly GroupRecord[]; readonly errors: readonly ErrorCode[] } {
  const subscribed = group.state === 'Empty' ? new Set<string>() : subscribedTopics(group)
  const errors = partitions.map(({ topic }) =>
    subscribed === undefined || subscribed.has(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE,
  )
  const offsets = partitions.filter(
    ({ topic, partition }, i) => errors[i] === ErrorCode.NONE && isKnown(known, topic, partition),
  )
  const { groupId } = group
  return { records: offsets.length > 0 ? [{ type: 'OffsetsDeleted', groupId, offsets }] : [], errors }
}
