import { ErrorCode } from '#libs/kafka-protocol'
import { type Assignment, NO_ASSIGNMENT } from './assignor.ts'
import type { ShareRecord, StoredMember } from './records.ts'
import {
  ANY_EPOCH,
  evolveShareGroup,
  newShareGroup,
  type ShareGroup,
  type ShareMember,
  type TopicOf,
} from './share-group.ts'

export const JOIN_EPOCH = 0
export const LEAVE_EPOCH = -1

export interface ShareHeartbeat {
  readonly memberId: string
  /** 0 joins, -1 leaves. */
  readonly memberEpoch: number
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Null: as before. */
  readonly subscribedTopicNames: readonly string[] | null
}

export interface HeartbeatRules {
  /** On the steady clock. */
  readonly now: number
  readonly maxSize: number
  readonly topicOf: TopicOf
}

export type HeartbeatAnswer =
  | { readonly errorCode: ErrorCode; readonly errorMessage: string }
  | {
      readonly errorCode: typeof ErrorCode.NONE
      readonly memberEpoch: number
      /** Null: as it was told before. */
      readonly assignment: Assignment | null
    }

export interface HeartbeatDecision {
  readonly group: ShareGroup | undefined
  readonly records: readonly ShareRecord[]
  readonly answer: HeartbeatAnswer
}

/** What is wrong with the request whatever the state of the group, or undefined. */
export function heartbeatProblem(groupId: string, heartbeat: ShareHeartbeat): string | undefined {
  const { memberId, rackId, memberEpoch, subscribedTopicNames } = heartbeat
  if (memberId === '') return "MemberId can't be empty."
  if (groupId === '') return "GroupId can't be empty."
  if (rackId === '') return "RackId can't be empty."
  if (memberEpoch < LEAVE_EPOCH) return 'MemberEpoch is invalid.'
  const isMissing = subscribedTopicNames === null || subscribedTopicNames.length === 0
  return memberEpoch === JOIN_EPOCH && isMissing ? 'SubscribedTopicNames must be set in first request.' : undefined
}

/** A member joins, stays or leaves. The request must be free of problems. */
export function decideHeartbeat(
  groupId: string,
  before: ShareGroup | undefined,
  heartbeat: ShareHeartbeat,
  rules: HeartbeatRules,
): HeartbeatDecision {
  const { memberId, memberEpoch } = heartbeat
  const refuse = (errorCode: ErrorCode, errorMessage: string): HeartbeatDecision => ({
    ...{ group: before, records: [], answer: { errorCode, errorMessage } },
  })
  if (before === undefined && memberEpoch !== JOIN_EPOCH) {
    return refuse(ErrorCode.GROUP_ID_NOT_FOUND, `Share group ${groupId} not found.`)
  }
  const group = before ?? newShareGroup(groupId)
  const member = group.members.get(memberId)
  if (memberEpoch === LEAVE_EPOCH) {
    if (member === undefined) return refuse(ErrorCode.UNKNOWN_MEMBER_ID, unknown(memberId, groupId))
    const left = decideRemoval(group, memberId, rules)
    return { ...left, answer: { errorCode: ErrorCode.NONE, memberEpoch, assignment: null } }
  }
  if (member === undefined && memberEpoch !== JOIN_EPOCH) {
    return refuse(ErrorCode.UNKNOWN_MEMBER_ID, unknown(memberId, groupId))
  }
  if (member === undefined && group.members.size >= rules.maxSize) {
    const errorMessage = `The share group has reached its maximum capacity of ${rules.maxSize} members.`
    return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED, errorMessage)
  }
  if (member !== undefined && !isCurrent(member, memberEpoch)) {
    return refuse(ErrorCode.FENCED_MEMBER_EPOCH, fenced(member, memberEpoch))
  }
  return stay(group, member, heartbeat, rules)
}

/** The member is gone, by its own word or because nothing was heard of it. */
export function decideRemoval(
  group: ShareGroup,
  memberId: string,
  { topicOf, now }: Pick<HeartbeatRules, 'topicOf' | 'now'>,
): { readonly group: ShareGroup; readonly records: readonly ShareRecord[] } {
  const record: ShareRecord = {
    ...{ type: 'MemberRemoved', groupId: group.groupId, epoch: group.epoch + 1, memberId },
  }
  return { group: evolveShareGroup(group, record, topicOf, now), records: [record] }
}

function stay(
  before: ShareGroup,
  member: ShareMember | undefined,
  heartbeat: ShareHeartbeat,
  { topicOf, now }: HeartbeatRules,
): HeartbeatDecision {
  const { groupId } = before
  const { memberId, memberEpoch, subscribedTopicNames } = heartbeat
  const records: ShareRecord[] = []
  const wanted = updated(member, heartbeat)
  const isOther = member === undefined || JSON.stringify(wanted.topics) !== JSON.stringify(member.topics)
  if (isOther || wanted.rackId !== member.rackId) {
    const epoch = before.epoch + (isOther ? 1 : 0)
    records.push({ type: 'MemberPut', groupId, epoch, member: wanted })
  }
  const group = records.reduce((so, record) => evolveShareGroup(so, record, topicOf, now), before)
  const known = group.members.get(memberId)!
  const assignment = group.assignments.get(memberId) ?? NO_ASSIGNMENT
  const isFull = memberEpoch === JOIN_EPOCH || subscribedTopicNames !== null
  const isNews = known.assigned === undefined || JSON.stringify(known.assigned) !== JSON.stringify(assignment)
  const previousEpoch =
    known.epoch === group.epoch && known.previousEpoch !== ANY_EPOCH ? known.previousEpoch : memberEpoch
  const told = { ...known, epoch: group.epoch, previousEpoch, assigned: assignment, lastSeen: now }
  return {
    group: { ...group, members: new Map(group.members).set(memberId, told) },
    records,
    answer: { errorCode: ErrorCode.NONE, memberEpoch: group.epoch, assignment: isFull || isNews ? assignment : null },
  }
}

function updated(member: ShareMember | undefined, heartbeat: ShareHeartbeat): StoredMember {
  const { memberId, clientId, clientHost, rackId, subscribedTopicNames } = heartbeat
  const topics = subscribedTopicNames === null ? (member?.topics ?? []) : [...new Set(subscribedTopicNames)].sort()
  return { memberId, clientId, clientHost, rackId: rackId ?? member?.rackId ?? null, topics }
}

function isCurrent({ epoch, previousEpoch }: ShareMember, memberEpoch: number): boolean {
  if (memberEpoch === JOIN_EPOCH || memberEpoch === epoch || memberEpoch === previousEpoch) return true
  return previousEpoch === ANY_EPOCH && memberEpoch < epoch
}

const unknown = (memberId: string, groupId: string): string =>
  `Member ${memberId} is not a member of share group ${groupId}.`

const fenced = ({ epoch }: ShareMember, memberEpoch: number): string =>
  `The share group member has epoch ${memberEpoch} and should have ${epoch}. It must abandon all its partitions and rejoin.`
