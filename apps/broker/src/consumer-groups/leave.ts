import { ErrorCode } from '#libs/kafka-protocol'
import { ConsumerDecision } from './consumer-decision.ts'
import { assignedRecord, type ConsumerGroup, STATIC_AWAY_EPOCH, staticMember } from './consumer-group.ts'
import { fencedInstance, Refusal, unknown } from './find-member.ts'
import { type ConsumerHeartbeat, type HeartbeatDecision, STATIC_LEAVE_EPOCH } from './heartbeat.ts'

/** A member leaves: for good, or as a static one that means to come back within its session and keeps what it reads. */
export function decideLeave(before: ConsumerGroup, heartbeat: ConsumerHeartbeat): HeartbeatDecision {
  const { memberId, memberEpoch, instanceId } = heartbeat
  const decision = new ConsumerDecision(before)
  const problem = leaveProblem(before, memberId, instanceId)
  if (problem !== undefined) {
    const { errorCode, errorMessage } = problem
    return { decision, answer: { errorCode, errorMessage } }
  }
  if (memberEpoch === STATIC_LEAVE_EPOCH) stepAway(decision, memberId)
  else removeMembers(decision, [memberId])
  return { decision, answer: { errorCode: ErrorCode.NONE, memberId, memberEpoch, assignment: null } }
}

function leaveProblem(group: ConsumerGroup, memberId: string, instanceId: string | null): Refusal | undefined {
  const known = instanceId === null ? group.members.get(memberId) : staticMember(group, instanceId)
  if (known === undefined) return new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, unknown(group, memberId, instanceId))
  if (known.memberId === memberId || instanceId === null) return undefined
  return new Refusal(ErrorCode.FENCED_INSTANCE_ID, fencedInstance(memberId, instanceId, known))
}

/** Nobody else is given what it reads; its successor may commit as of any epoch. */
function stepAway(decision: ConsumerDecision, memberId: string): void {
  const { groupId, members } = decision.group
  const member = members.get(memberId)!
  const assigned = new Map(Array.from(member.assigned.keys(), (key) => [key, 0]))
  const away = { ...member, epoch: STATIC_AWAY_EPOCH, assigned, revoking: new Map() }
  decision.record(assignedRecord(groupId, away))
  decision.changeMember(memberId, { revokeBy: undefined })
}

/** They are gone, by their own word or because nothing was heard of them: others should read what was theirs. */
export function removeMembers(decision: ConsumerDecision, memberIds: readonly string[]): void {
  const { groupId } = decision.group
  if (memberIds.length === 0) return
  for (const memberId of memberIds) decision.record({ type: 'ConsumerMemberRemoved', groupId, memberId })
  decision.bump()
  if (decision.group.members.size > 0) return
  // An empty group waits for nothing: whoever joins is assigned at once.
  decision.record({ type: 'ConsumerTargetsMade', groupId, epoch: decision.group.epoch, targets: [] })
  decision.change({ assignedAt: undefined })
}
