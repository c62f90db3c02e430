import { ErrorCode } from '#libs/kafka-protocol'
import { Decision, type JoinAnswer } from './decision.ts'
import { type Group, longestRebalanceTimeout, type Member, metadataOf, NO_ASSIGNMENT } from './group.ts'
import { stored } from './records.ts'

/** Opens the join phase unless it is open, and ends it at once when nobody is missing. */
export function prepareRebalance(decision: Decision, now: number, initialDelayMs: number): void {
  const { group } = decision
  if (group.state !== 'PreparingRebalance') {
    const members = new Map<string, Member>()
    for (const [memberId, member] of group.members) {
      if (member.syncing !== undefined) {
        const { protocolType, protocol } = group
        const errorCode = ErrorCode.REBALANCE_IN_PROGRESS
        decision.sync(member.syncing, { errorCode, protocolType, protocol, assignment: NO_ASSIGNMENT })
      }
      const seen = member.syncing === undefined ? member.lastSeen : now
      members.set(memberId, { ...member, syncing: undefined, lastSeen: seen })
    }
    const timeout = longestRebalanceTimeout(group)
    const holds = group.state === 'Empty' && initialDelayMs > 0 && group.members.size > 0
    decision.change({
      state: 'PreparingRebalance',
      members,
      joinDeadline: now + timeout,
      holdUntil: holds ? now + Math.min(initialDelayMs, timeout) : undefined,
      syncDeadline: undefined,
    })
  }
  completeJoinIfReady(decision, now)
}

/** Ends the join phase when every member has joined and no handed-out member id is outstanding. */
export function completeJoinIfReady(decision: Decision, now: number): void {
  const { group } = decision
  if (group.state !== 'PreparingRebalance' || group.holdUntil !== undefined || group.pendingMembers.size > 0) return
  for (const member of group.members.values()) if (member.joining === undefined) return
  completeJoin(decision, now)
}

/**
 * Starts the next generation with whoever has joined. Dynamic members that have not are expelled; static ones keep
 * their place until their session ends.
 */
export function completeJoin(decision: Decision, now: number): void {
  for (const member of decision.group.members.values()) {
    if (member.joining === undefined && member.instanceId === null) decision.dropMember(member.memberId)
  }
  const members = [...decision.group.members.values()]
  const joined = members.filter((member) => member.joining !== undefined)
  if (members.length > 0 && joined.length === 0) {
    // Only absent static members: nobody could lead, so the phase is extended.
    decision.change({ joinDeadline: now + longestRebalanceTimeout(decision.group), holdUntil: undefined })
    return
  }
  const { groupId, generation, protocolType, leader } = decision.group
  const isEmpty = members.length === 0
  const nextLeader = joined.find((member) => member.memberId === leader) ?? joined[0]
  decision.record({
    type: 'GenerationStarted',
    groupId,
    generation: generation + 1,
    protocolType,
    protocol: isEmpty ? null : electProtocol(members),
    leader: nextLeader?.memberId ?? null,
    members: members.map(stored),
    at: now,
  })
  if (isEmpty) return
  decision.change({ syncDeadline: now + longestRebalanceTimeout(decision.group) })
  for (const member of decision.group.members.values()) {
    if (member.joining === undefined) continue
    decision.join(member.joining, currentGeneration(decision.group, member))
    decision.putMember({ ...member, joining: undefined, lastSeen: now })
  }
}

/** What a member is told about the generation it is part of. */
export function currentGeneration(group: Group, member: Member): JoinAnswer {
  const isLeader = group.leader === member.memberId
  return {
    errorCode: ErrorCode.NONE,
    memberId: member.memberId,
    generation: group.generation,
    protocolType: group.protocolType,
    protocol: group.protocol,
    leader: group.leader ?? '',
    skipAssignment: false,
    members: isLeader ? memberList(group) : [],
  }
}

export function memberList(group: Group): JoinAnswer['members'] {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    instanceId: member.instanceId,
    metadata: metadataOf(member, group.protocol),
  }))
}

/** Takes a member out, answers what it has parked, and lets the others rebalance. */
export function removeMember(decision: Decision, member: Member, errorCode: ErrorCode, now: number): void {
  decision.turnAway(member, errorCode)
  decision.dropMember(member.memberId)
  if (decision.group.state === 'PreparingRebalance') completeJoinIfReady(decision, now)
  else prepareRebalance(decision, now, 0)
}

/** Among the protocols that all members know, the one most of them like best. */
export function electProtocol(members: readonly Pick<Member, 'protocols'>[]): string {
  const candidates = commonProtocols(members)
  const votes = new Map<string, number>()
  for (const member of members) {
    const favourite = member.protocols.find(({ name }) => candidates.has(name))!.name
    votes.set(favourite, (votes.get(favourite) ?? 0) + 1)
  }
  return [...votes].reduce((best, next) => (next[1] > best[1] ? next : best))[0]
}

export function commonProtocols(members: Iterable<{ readonly protocols: Member['protocols'] }>): Set<string> {
  let common: Set<string> | undefined
  for (const { protocols } of members) {
    const names = protocols.map(({ name }) => name)
    common = new Set(common === undefined ? names : names.filter((name) => common!.has(name)))
  }
  return common ?? new Set()
}
