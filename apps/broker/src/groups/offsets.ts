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
  /** Of OffsetCommit; undefined: they are part of a transaction. */
  readonly apiVersion?: number
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
  for (const record of commitRecords(group.groupId, commit)) decision.record(record)
  return { decision, errorCode }
}

/** What is true once the offsets are committed. */
export function commitRecords(groupId: string, { offsets, producerId }: Pick<Commit, 'offsets' | 'producerId'>) {
  const records: GroupRecord[] = []
  if (offsets.length === 0) return records
  if (producerId === undefined) records.push({ type: 'OffsetsCommitted', groupId, offsets })
  else records.push({ type: 'OffsetsPending', groupId, producerId, offsets })
  return records
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
  const subscribed = group.state === 'Empty' ? new Set<string>() : subscribedTopics(group)
  if (subscribed === undefined) return []
  const isInUse = group.state === 'Empty' && group.protocolType !== null && group.emptySince > before.emptySince
  if (isInUse) return []
  return expiryRecords(groupId, offsets, before.committedAt, (topic) => subscribed.has(topic))
}

/** Forgets what was committed before then, but for topics that somebody reads and what a transaction may still change. */
export function expiryRecords(
  groupId: string,
  offsets: GroupOffsets,
  before: number,
  isSubscribed: (topic: string) => boolean,
): readonly GroupRecord[] {
  const expired: TopicPartition[] = []
  for (const [topic, partitions] of offsets.committed) {
    if (isSubscribed(topic)) continue
    for (const [partition, { committedAt }] of partitions) {
      if (committedAt <= before && !isPending(offsets, topic, partition)) expired.push({ topic, partition })
    }
  }
  return expired.length > 0 ? [{ type: 'OffsetsDeleted', groupId, offsets: expired }] : []
}

/** Milliseconds since the epoch, of the wall clock and of the steady one. */
export interface ExpiredBefore {
  readonly committedAt: number
  readonly emptySince: number
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
  const isSubscribed = (topic: string) => subscribed === undefined || subscribed.has(topic)
  return decideDeletion(group.groupId, known, partitions, isSubscribed)
}

/** The same, where it is known what the group reads. */
export function decideDeletion(
  groupId: string,
  known: GroupOffsets,
  partitions: readonly TopicPartition[],
  isSubscribed: (topic: string) => boolean,
): { readonly records: readonly GroupRecord[]; readonly errors: readonly ErrorCode[] } {
  const errors = partitions.map(({ topic }) =>
    isSubscribed(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE,
  )
  const offsets = partitions.filter(
    ({ topic, partition }, i) => errors[i] === ErrorCode.NONE && isKnown(known, topic, partition),
  )
  return { records: offsets.length > 0 ? [{ type: 'OffsetsDeleted', groupId, offsets }] : [], errors }
}
