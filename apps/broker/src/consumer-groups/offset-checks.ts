import { ErrorCode } from '#libs/kafka-protocol'
import type { Commit } from '../groups/offsets.ts'
import type { TopicPartition } from '../groups/records.ts'
import type { ConsumerGroup, ConsumerMember } from './consumer-group.ts'
import { keyOf } from './partitions.ts'
import type { KnownTopics } from './subscription.ts'

/** OffsetCommit carries the member's epoch since then. */
const EPOCHS_SINCE = 9

/** What is wrong with each of the offsets, in their order. */
export function commitErrors(group: ConsumerGroup, commit: Commit, topics: KnownTopics): ErrorCode[] {
  const { memberId, instanceId, generation, offsets, apiVersion } = commit
  const all = (errorCode: ErrorCode) => offsets.map(() => errorCode)
  const isTransactional = commit.producerId !== undefined
  if (generation < 0 && group.members.size === 0) return all(ErrorCode.NONE)
  if (isTransactional && generation === -1 && memberId === '' && instanceId === null) return all(ErrorCode.NONE)
  const member = group.members.get(memberId)
  if (member === undefined) return all(ErrorCode.UNKNOWN_MEMBER_ID)
  const isTooOld = apiVersion !== undefined && apiVersion < EPOCHS_SINCE
  if (!isTransactional && member.classic === undefined && isTooOld) return all(ErrorCode.UNSUPPORTED_VERSION)
  if (generation === member.epoch) return all(ErrorCode.NONE)
  if (generation > member.epoch) return all(stale(member))
  return offsets.map((offset) => (isAssignedSince(member, offset, generation, topics) ? ErrorCode.NONE : stale(member)))
}

/** A member that has not heard of its newest epoch yet may commit what has been its own all the while (KIP-1251). */
function isAssignedSince(
  { assigned, revoking }: ConsumerMember,
  { topic, partition }: TopicPartition,
  epoch: number,
  topics: KnownTopics,
): boolean {
  const key = keyOf(topics.find(topic)?.topicId ?? '', partition)
  const since = assigned.get(key) ?? revoking.get(key)
  return since !== undefined && since <= epoch
}

/** What is wrong with a question for offsets in the name of this member; those who manage the group name nobody. */
export function fetchError(group: ConsumerGroup | undefined, memberId: string | null, epoch: number): ErrorCode {
  if (group === undefined || (memberId === null && epoch < 0)) return ErrorCode.NONE
  const member = group.members.get(memberId ?? '')
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  return epoch === member.epoch ? ErrorCode.NONE : stale(member)
}

const stale = ({ classic }: ConsumerMember): ErrorCode =>
  classic === undefined ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION
