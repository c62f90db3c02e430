import { ErrorCode } from '#libs/kafka-protocol'
import type { ConsumerDecision } from './consumer-decision.ts'
import {
  assignedRecord,
  type ConsumerGroup,
  type ConsumerMember,
  STATIC_AWAY_EPOCH,
  staticMember,
  storedMember,
  targetOf,
} from './consumer-group.ts'
import type { ConsumerHeartbeat, HeartbeatRules } from './heartbeat.ts'
import { byTopic, type PartitionKey } from './partitions.ts'

/** Why a request in a member's name is not answered as it hopes. */
export class Refusal {
  constructor(
    readonly errorCode: ErrorCode,
    readonly errorMessage: string,
  ) {}
}

/** The member as the group knows it, undefined when it is new. */
export interface Found {
  readonly known: ConsumerMember | undefined
}

/** Whom the heartbeat is from. A static member that comes back takes the place of who had its name before. */
export function findMember(
  decision: ConsumerDecision,
  { memberId, memberEpoch, instanceId }: ConsumerHeartbeat,
  owned: ReadonlySet<PartitionKey> | undefined,
  { maxSize }: HeartbeatRules,
): Found | Refusal {
  const { group } = decision
  const isJoining = memberEpoch === 0
  const namesake = instanceId === null ? undefined : staticMember(group, instanceId)
  const isNew = namesake === undefined && !group.members.has(memberId)
  if (isNew && group.members.size >= maxSize) {
    const errorMessage = `The consumer group has reached its maximum capacity of ${maxSize} members.`
    return new Refusal(ErrorCode.GROUP_MAX_SIZE_REACHED, errorMessage)
  }
  // One that joins again under its own id has not heard the answer; Kafka refuses it until its session is over.
  if (instanceId !== null && namesake !== undefined && namesake.memberId !== memberId && isJoining) {
    if (namesake.epoch !== STATIC_AWAY_EPOCH && namesake.classic === undefined) {
      return new Refusal(ErrorCode.UNRELEASED_INSTANCE_ID, unreleased(memberId, instanceId, namesake))
    }
    return { known: replaceStatic(decision, namesake, memberId) }
  }
  const known = instanceId === null ? group.members.get(memberId) : namesake
  if (known === undefined) {
    return isJoining ? { known } : new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, unknown(group, memberId, instanceId))
  }
  if (instanceId !== null && known.memberId !== memberId) {
    return new Refusal(ErrorCode.FENCED_INSTANCE_ID, fencedInstance(memberId, instanceId, known))
  }
  return epochProblem(known, memberEpoch, owned) ?? { known }
}

/** The newcomer has everything of its predecessor but the epoch, so that it is told what to read. */
export function replaceStatic(decision: ConsumerDecision, namesake: ConsumerMember, memberId: string): ConsumerMember {
  const { groupId } = decision.group
  const target = targetOf(decision.group, namesake.memberId)
  const successor = { ...namesake, memberId, epoch: 0, previousEpoch: 0 }
  decision.record({ type: 'ConsumerMemberRemoved', groupId, memberId: namesake.memberId })
  decision.record({ type: 'ConsumerMemberPut', groupId, member: storedMember(successor) })
  const { assignmentEpoch } = decision.group
  const targets = [{ memberId, topics: byTopic(target) }]
  decision.record({ type: 'ConsumerTargetsMade', groupId, epoch: assignmentEpoch, targets })
  decision.record(assignedRecord(groupId, successor))
  return decision.group.members.get(memberId)!
}

/** The epoch before the current one is accepted from a member that reads nothing else: an answer may have been lost. */
function epochProblem(
  { epoch, previousEpoch, assigned }: ConsumerMember,
  memberEpoch: number,
  owned: ReadonlySet<PartitionKey> | undefined,
): Refusal | undefined {
  if (memberEpoch === 0 || memberEpoch === epoch) return undefined
  const isSubset = owned !== undefined && [...owned].every((key) => assigned.has(key))
  if (memberEpoch < epoch && memberEpoch === previousEpoch && isSubset) return undefined
  const relation = memberEpoch > epoch ? 'greater' : 'smaller'
  const errorMessage =
    `The consumer group member has a ${relation} member epoch (${memberEpoch}) than the one known by the group ` +
    `coordinator (${epoch}). The member must abandon all its partitions and rejoin.`
  return new Refusal(ErrorCode.FENCED_MEMBER_EPOCH, errorMessage)
}

export const unknown = ({ groupId }: ConsumerGroup, memberId: string, instanceId: string | null): string =>
  instanceId === null
    ? `Member ${memberId} is not a member of group ${groupId}.`
    : `Instance id ${instanceId} is unknown.`

export const fencedInstance = (memberId: string, instanceId: string, { memberId: holder }: ConsumerMember): string =>
  `Static member ${memberId} with instance id ${instanceId} was fenced by member ${holder}.`

const unreleased = (memberId: string, instanceId: string, { memberId: holder }: ConsumerMember): string =>
  `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ` +
  `${holder} member.`
