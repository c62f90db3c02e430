import { ErrorCode } from '#libs/kafka-protocol'
import { Decision } from './decision.ts'
import type { Group, Member } from './group.ts'
import { completeJoin, completeJoinIfReady, prepareRebalance, removeMember } from './rebalance.ts'

/** A member whose request is parked cannot be heard of, and is not missed. */
const isParked = (member: Member): boolean => member.joining !== undefined || member.syncing !== undefined

const sessionEnd = (member: Member): number => member.lastSeen + member.sessionTimeoutMs

/** When something lapses next: milliseconds of the steady clock, or Infinity. */
export function nextDeadline(group: Group): number {
  let next = Math.min(group.joinDeadline ?? Infinity, group.holdUntil ?? Infinity, group.syncDeadline ?? Infinity)
  for (const until of group.pendingMembers.values()) next = Math.min(next, until)
  for (const member of group.members.values()) if (!isParked(member)) next = Math.min(next, sessionEnd(member))
  return next
}

/** Lets go of everything whose time has come. */
export function decideExpiry(group: Group, now: number): Decision {
  const decision = new Decision(group)
  for (const [memberId, until] of group.pendingMembers) if (until <= now) decision.dropPending(memberId)
  for (const { memberId } of group.members.values()) {
    const member = decision.group.members.get(memberId)
    if (member === undefined || isParked(member) || sessionEnd(member) > now) continue
    removeMember(decision, member, ErrorCode.UNKNOWN_MEMBER_ID, now)
  }
  endSyncPhase(decision, now)
  endJoinPhase(decision, now)
  return decision
}

function endJoinPhase(decision: Decision, now: number): void {
  const { joinDeadline, holdUntil, state } = decision.group
  if (state !== 'PreparingRebalance') return
  const isOver = (joinDeadline ?? Infinity) <= now || (holdUntil ?? Infinity) <= now
  if (isOver) completeJoin(decision, now)
  else completeJoinIfReady(decision, now)
}

/** Members that never asked for their assignment would hold partitions that nobody reads. */
function endSyncPhase(decision: Decision, now: number): void {
  const { group } = decision
  if ((group.syncDeadline ?? Infinity) > now) return
  decision.change({ syncDeadline: undefined })
  const absent = [...group.members.values()].filter((member) => !member.synced)
  if (absent.length === 0) return
  for (const member of absent) {
    decision.turnAway(member, ErrorCode.UNKNOWN_MEMBER_ID)
    decision.dropMember(member.memberId)
  }
  prepareRebalance(decision, now, 0)
}
