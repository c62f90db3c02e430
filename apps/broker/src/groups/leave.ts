import { ErrorCode } from '#libs/kafka-protocol'
import { checkMember, Decision } from './decision.ts'
import { type Group, staticMember } from './group.ts'
import { completeJoinIfReady, removeMember } from './rebalance.ts'

export interface Leaver {
  readonly memberId: string
  readonly instanceId: string | null
}

/** One error per leaver, in their order. An administrator removes static members by name, without a member id. */
export function decideLeave(
  group: Group,
  leavers: readonly Leaver[],
  now: number,
): { readonly decision: Decision; readonly errors: readonly ErrorCode[] } {
  const decision = new Decision(group)
  const errors = leavers.map((leaver) => leave(decision, leaver, now))
  return { decision, errors }
}

function leave(decision: Decision, leaver: Leaver, now: number): ErrorCode {
  const { group } = decision
  if (leaver.instanceId === null && group.pendingMembers.has(leaver.memberId)) {
    decision.dropPending(leaver.memberId)
    completeJoinIfReady(decision, now)
    return ErrorCode.NONE
  }
  const byName = leaver.instanceId === null ? undefined : staticMember(group, leaver.instanceId)
  const memberId = leaver.memberId === '' && byName !== undefined ? byName.memberId : leaver.memberId
  const error = checkMember(group, memberId, leaver.instanceId)
  if (error !== ErrorCode.NONE) return error
  removeMember(decision, group.members.get(memberId)!, ErrorCode.UNKNOWN_MEMBER_ID, now)
  return ErrorCode.NONE
}
