import { ErrorCode } from '#libs/kafka-protocol'
import { checkMember, Decision, type SyncAnswer, syncError } from './decision.ts'
import type { Group, Member, RequestId } from './group.ts'

export interface Sync {
  readonly request: RequestId
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
  /** Null where the client's version does not say. */
  readonly protocolType: string | null
  readonly protocol: string | null
  /** From the leader only. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

export function decideSync(group: Group, sync: Sync, now: number): Decision {
  const decision = new Decision(group)
  const refusal = checkSync(group, sync)
  if (refusal !== ErrorCode.NONE) {
    decision.sync(sync.request, syncError(refusal))
    return decision
  }
  const member = group.members.get(sync.memberId)!
  if (group.state === 'Stable') {
    decision.putMember({ ...member, lastSeen: now, synced: true })
    decision.sync(sync.request, assignmentOf(group, member))
    return decision
  }
  // A client that asks again has given up its earlier request.
  if (member.syncing !== undefined) decision.sync(member.syncing, syncError(ErrorCode.REBALANCE_IN_PROGRESS))
  decision.putMember({ ...member, lastSeen: now, synced: true, syncing: sync.request })
  if (group.leader === sync.memberId) distribute(decision, sync, now)
  return decision
}

function checkSync(group: Group, sync: Sync): ErrorCode {
  const memberError = checkMember(group, sync.memberId, sync.instanceId)
  if (memberError !== ErrorCode.NONE) return memberError
  if (sync.generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION
  const differs = (said: string | null, is: string | null) => said !== null && is !== null && said !== is
  if (differs(sync.protocolType, group.protocolType) || differs(sync.protocol, group.protocol)) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  }
  if (group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** The leader has spoken: the group is stable, and everybody who waits gets its part. */
function distribute(decision: Decision, sync: Sync, now: number): void {
  const { groupId } = decision.group
  const assignments = Object.fromEntries(
    sync.assignments.map(({ memberId, assignment }) => [memberId, assignment.toString('base64')]),
  )
  decision.record({ type: 'AssignmentsMade', groupId, assignments })
  for (const member of decision.group.members.values()) {
    if (member.syncing === undefined) continue
    decision.sync(member.syncing, assignmentOf(decision.group, member))
    decision.putMember({ ...member, syncing: undefined, lastSeen: now })
  }
}

function assignmentOf(group: Group, member: Member): SyncAnswer {
  const { protocolType, protocol } = group
  return { errorCode: ErrorCode.NONE, protocolType, protocol, assignment: member.assignment }
}
