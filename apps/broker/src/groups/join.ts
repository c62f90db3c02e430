import { ErrorCode } from '#libs/kafka-protocol'
import type { Settings } from '../config/settings.ts'
import { Decision, joinError } from './decision.ts'
import { type Group, type Member, NO_ASSIGNMENT, type Protocol, type RequestId, staticMember } from './group.ts'
import {
  commonProtocols,
  completeJoinIfReady,
  currentGeneration,
  electProtocol,
  memberList,
  prepareRebalance,
} from './rebalance.ts'
import { stored } from './records.ts'

export interface Join {
  readonly request: RequestId
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly Protocol[]
  /** An unused id, should one be needed. */
  readonly newMemberId: string
  /** v4+: a new dynamic member must come back with the id it is given, so a lost answer leaves no ghost behind. */
  readonly requiresMemberId: boolean
  /** v9+: a returning static leader can be told to keep its assignment. */
  readonly canSkipAssignment: boolean
}

export interface JoinRules {
  readonly now: number
  /** `group.initial.rebalance.delay.ms` */
  readonly initialDelayMs: number
  /** `group.max.size` */
  readonly maxSize: number
}

/** Whether a member may be silent for so long. */
export function isSessionTimeout(ms: number, settings: Settings): boolean {
  return ms >= settings['group.min.session.timeout.ms'] && ms <= settings['group.max.session.timeout.ms']
}

export function decideJoin(group: Group, join: Join, rules: JoinRules): Decision {
  const decision = new Decision(group)
  const refusal = checkJoin(group, join, rules)
  if (refusal !== ErrorCode.NONE) {
    decision.join(join.request, joinError(refusal, join.memberId))
    return decision
  }
  const known = group.members.get(join.memberId)
  if (known !== undefined) rejoin(decision, known, join, rules)
  else if (join.memberId !== '') admit(decision, join.memberId, join, rules)
  else if (join.instanceId !== null) joinAsStatic(decision, join.instanceId, join, rules)
  else if (join.requiresMemberId) {
    decision.addPending(join.newMemberId, rules.now + join.sessionTimeoutMs)
    decision.join(join.request, joinError(ErrorCode.MEMBER_ID_REQUIRED, join.newMemberId))
  } else admit(decision, join.newMemberId, join, rules)
  return decision
}

function checkJoin(group: Group, join: Join, rules: JoinRules): ErrorCode {
  const { memberId, instanceId } = join
  if (!supportsProtocols(group, join)) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  const holder = instanceId === null ? undefined : staticMember(group, instanceId)
  if (memberId !== '') {
    if (holder !== undefined && holder.memberId !== memberId) return ErrorCode.FENCED_INSTANCE_ID
    if (instanceId !== null && holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (!group.members.has(memberId) && !group.pendingMembers.has(memberId)) return ErrorCode.UNKNOWN_MEMBER_ID
  }
  const isNew = !group.members.has(memberId) && holder === undefined
  return isNew && group.members.size >= rules.maxSize ? ErrorCode.GROUP_MAX_SIZE_REACHED : ErrorCode.NONE
}

function supportsProtocols(group: Group, join: Join): boolean {
  if (join.protocolType === '' || join.protocols.length === 0) return false
  if (group.members.size === 0) return true
  if (group.protocolType !== join.protocolType) return false
  const others = [...group.members.values()].filter(
    (member) =>
      member.memberId !== join.memberId && (join.instanceId === null || member.instanceId !== join.instanceId),
  )
  return commonProtocols([...others, join]).size > 0
}

/** A member that the group does not know yet. */
function admit(decision: Decision, memberId: string, join: Join, rules: JoinRules): void {
  decision.dropPending(memberId)
  decision.change({ protocolType: join.protocolType })
  decision.putMember(joiningMember(memberId, join, rules.now))
  const { group } = decision
  if (group.holdUntil !== undefined && group.joinDeadline !== undefined) {
    decision.change({ holdUntil: Math.min(rules.now + rules.initialDelayMs, group.joinDeadline) })
  }
  prepareRebalance(decision, rules.now, rules.initialDelayMs)
}

function rejoin(decision: Decision, known: Member, join: Join, rules: JoinRules): void {
  const { group } = decision
  const changed = !sameProtocols(known.protocols, join.protocols)
  const isLeader = group.leader === known.memberId
  // The answer of the first attempt was lost, or a follower wonders whether anything has changed.
  const upToDate = !changed && (group.state === 'CompletingRebalance' || (group.state === 'Stable' && !isLeader))
  if (upToDate) {
    decision.putMember({ ...known, lastSeen: rules.now })
    decision.join(join.request, currentGeneration(group, known))
    return
  }
  // A client that asks again has given up its earlier request.
  if (known.joining !== undefined) {
    decision.join(known.joining, joinError(ErrorCode.UNKNOWN_MEMBER_ID, known.memberId))
  }
  // A parked SyncGroup stays until the join phase opens, which answers it.
  const { assignment, syncing, instanceId } = known
  decision.putMember({ ...joiningMember(known.memberId, join, rules.now), assignment, syncing, instanceId })
  prepareRebalance(decision, rules.now, rules.initialDelayMs)
}

function joinAsStatic(decision: Decision, instanceId: string, join: Join, rules: JoinRules): void {
  const before = staticMember(decision.group, instanceId)
  if (before === undefined) {
    admit(decision, join.newMemberId, join, rules)
    return
  }

  // The newcomer takes over the name at once; whoever held it is fenced, wherever it waits.
  const { group } = decision
  decision.turnAway(before, ErrorCode.FENCED_INSTANCE_ID)
  const member = joiningMember(join.newMemberId, join, rules.now)
  const { groupId } = group
  decision.record({ type: 'StaticMemberReplaced', groupId, from: before.memberId, member: stored(member) })
  // As in Kafka: new metadata alone is the leader's business, which learns of it when it joins.
  const isProtocolKept = electProtocol([...decision.group.members.values()]) === group.protocol
  // A restart in the midst of a replacement leaves a member that the leader, which knew its predecessor, assigned nothing.
  const isAssigned = before.assignment.length > 0
  if (group.state === 'Stable' && isProtocolKept && isAssigned) {
    const returned = { ...member, joining: undefined, assignment: before.assignment, synced: true }
    decision.putMember(returned)
    decision.join(join.request, returningStatic(decision.group, returned, group.leader, join.canSkipAssignment))
    return
  }
  decision.putMember({ ...member, assignment: before.assignment })
  if (group.state === 'PreparingRebalance') completeJoinIfReady(decision, rules.now)
  else prepareRebalance(decision, rules.now, rules.initialDelayMs)
}

/**
 * A static member is back and nothing changed, so nobody rebalances. If it leads, an older client must not notice
 * (it would assign anew): it is told its predecessor's id as the leader's.
 */
function returningStatic(group: Group, member: Member, leaderBefore: string | null, canSkip: boolean) {
  const answer = currentGeneration(group, member)
  if (!canSkip) return { ...answer, leader: leaderBefore ?? '', members: [] }
  const isLeader = group.leader === member.memberId
  return { ...answer, skipAssignment: isLeader, members: isLeader ? memberList(group) : [] }
}

function joiningMember(memberId: string, join: Join, now: number): Member {
  const { instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = join
  return {
    ...{ memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols },
    assignment: NO_ASSIGNMENT,
    lastSeen: now,
    joining: join.request,
    syncing: undefined,
    synced: false,
  }
}

function sameProtocols(a: readonly Protocol[], b: readonly Protocol[]): boolean {
  return (
    a.length === b.length && a.every(({ name, metadata }, i) => name === b[i]!.name && metadata.equals(b[i]!.metadata))
  )
}
