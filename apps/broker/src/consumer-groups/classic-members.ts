import { ErrorCode, readSubscription, writeAssignment } from '#libs/kafka-protocol'
import { type SyncAnswer, syncError } from '../groups/decision.ts'
import type { Heartbeat } from '../groups/heartbeat.ts'
import type { Leaver } from '../groups/leave.ts'
import type { Sync } from '../groups/sync.ts'
import { ConsumerDecision } from './consumer-decision.ts'
import { type ConsumerGroup, type ConsumerMember, staticMember, targetOf } from './consumer-group.ts'
import { removeMembers } from './leave.ts'
import { byTopic, type PartitionKey } from './partitions.ts'
import type { KnownTopics } from './subscription.ts'

/** A member of the classic protocol asks for what it should read; it waits for nobody. */
export function decideClassicSync(
  before: ConsumerGroup,
  sync: Omit<Sync, 'request'>,
  topics: KnownTopics,
  now: number,
): { readonly decision: ConsumerDecision; readonly answer: SyncAnswer } {
  const decision = new ConsumerDecision(before)
  const member = findClassic(before, sync)
  if (typeof member === 'number') return { decision, answer: syncError(member) }
  const { memberId } = member
  const protocol = member.classic!.protocols[0]!
  const differs = (said: string | null, is: string) => said !== null && said !== is
  if (differs(sync.protocolType, 'consumer') || differs(sync.protocol, protocol.name)) {
    return { decision, answer: syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL) }
  }
  if (before.assignmentEpoch > member.epoch && member.state !== 'Unrevoked') {
    decision.changeMember(memberId, { joinBy: member.joinBy ?? now + member.rebalanceTimeoutMs })
    return { decision, answer: syncError(ErrorCode.REBALANCE_IN_PROGRESS) }
  }
  decision.changeMember(memberId, { lastSeen: now, syncBy: undefined })
  const assignment = classicAssignment(member.assigned.keys(), protocol.metadata, topics)
  const { protocolType, protocol: name } = sync
  return { decision, answer: { errorCode: ErrorCode.NONE, protocolType, protocol: name, assignment } }
}

/** It is told to join again when there is something new for it to read, or to give up. */
export function decideClassicHeartbeat(
  before: ConsumerGroup,
  heartbeat: Heartbeat,
  now: number,
): { readonly decision: ConsumerDecision; readonly errorCode: ErrorCode } {
  const decision = new ConsumerDecision(before)
  const member = findClassic(before, heartbeat)
  if (typeof member === 'number') return { decision, errorCode: member }
  const { memberId, epoch, state, rebalanceTimeoutMs } = member
  decision.changeMember(memberId, { lastSeen: now })
  const mustJoin = epoch < before.assignmentEpoch || state === 'Unrevoked' || hasSomethingToTake(before, member)
  if (!mustJoin) return { decision, errorCode: ErrorCode.NONE }
  decision.changeMember(memberId, { joinBy: member.joinBy ?? now + rebalanceTimeoutMs })
  return { decision, errorCode: ErrorCode.REBALANCE_IN_PROGRESS }
}

/** Members leave, or an administrator removes them, whatever protocol they speak. One error per leaver. */
export function decideClassicLeave(
  before: ConsumerGroup,
  leavers: readonly Leaver[],
): { readonly decision: ConsumerDecision; readonly errors: readonly ErrorCode[] } {
  const decision = new ConsumerDecision(before)
  const gone = new Set<string>()
  const errors = leavers.map(({ memberId, instanceId }): ErrorCode => {
    const member = instanceId === null ? before.members.get(memberId) : staticMember(before, instanceId)
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (instanceId !== null && memberId !== '' && memberId !== member.memberId) return ErrorCode.FENCED_INSTANCE_ID
    gone.add(member.memberId)
    return ErrorCode.NONE
  })
  removeMembers(decision, [...gone])
  return { decision, errors }
}

/** Partitions as members of the classic protocol are told of them, in the version that this one's metadata has. */
export function classicAssignment(keys: Iterable<PartitionKey>, metadata: string, topics: KnownTopics): Buffer {
  const version = readSubscription(Buffer.from(metadata, 'base64'))?.version ?? 0
  const assignedPartitions = byTopic(keys).flatMap(({ topicId, partitions }) => {
    const topic = topics.findById(topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions }]
  })
  return writeAssignment(version, { assignedPartitions, userData: null })
}

interface Caller {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

/** The member that speaks, or what is wrong with that. */
function findClassic(group: ConsumerGroup, { memberId, instanceId, generation }: Caller): ConsumerMember | ErrorCode {
  const member = instanceId === null ? group.members.get(memberId) : staticMember(group, instanceId)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  if (member.memberId !== memberId) return ErrorCode.FENCED_INSTANCE_ID
  if (member.classic === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  return member.epoch === generation ? member : ErrorCode.ILLEGAL_GENERATION
}

/** What it waits for is with nobody any more. */
function hasSomethingToTake(group: ConsumerGroup, member: ConsumerMember): boolean {
  if (member.state !== 'Unreleased') return false
  const missing = [...targetOf(group, member.memberId)].filter((key) => !member.assigned.has(key))
  return missing.every((key) =>
    [...group.members.values()].every((it) => !it.assigned.has(key) && !it.revoking.has(key)),
  )
}
