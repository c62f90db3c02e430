import { ErrorCode } from '#libs/kafka-protocol'
import { ConsumerDecision } from './consumer-decision.ts'
import { assignedRecord, type ConsumerGroup, type ConsumerMember, newMember, storedMember } from './consumer-group.ts'
import type { StoredConsumerMember } from './consumer-records.ts'
import { type Found, findMember, Refusal } from './find-member.ts'
import { byTopic, keysOf, type PartitionKey, type TopicPartitions } from './partitions.ts'
import { reconcile } from './reconcile.ts'
import { isRegex, regexProblem, subscribedTopics } from './subscription.ts'
import { preferredAssignor, type TargetRules, updateTargets } from './target.ts'

export const JOIN_EPOCH = 0
export const LEAVE_EPOCH = -1
/** A static member leaves and means to come back. */
export const STATIC_LEAVE_EPOCH = -2

/** What is null has not changed since the last time. */
export interface ConsumerHeartbeat {
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  /** Negative: as before. */
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
  readonly clientHost: string
  readonly principal?: string | undefined
  readonly subscribedTopicNames: readonly string[] | null
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  /** What it reads. */
  readonly topicPartitions: readonly TopicPartitions[] | null
}

export interface HeartbeatRules extends TargetRules {
  readonly maxSize: number
}

export type HeartbeatAnswer =
  | { readonly errorCode: ErrorCode; readonly errorMessage: string }
  | {
      readonly errorCode: typeof ErrorCode.NONE
      readonly memberId: string
      readonly memberEpoch: number
      /** Null: as it was told before. */
      readonly assignment: readonly TopicPartitions[] | null
    }

export interface HeartbeatDecision {
  readonly decision: ConsumerDecision
  readonly answer: HeartbeatAnswer
}

/**
 * A member joins or stays; leaving is `decideLeave`. `before` is a new group when there is none yet. The request must be
 * free of what `heartbeatProblem` finds.
 */
export function decideHeartbeat(
  before: ConsumerGroup,
  heartbeat: ConsumerHeartbeat,
  rules: HeartbeatRules,
): HeartbeatDecision {
  const decision = new ConsumerDecision(before)
  const owned = heartbeat.topicPartitions === null ? undefined : new Set(keysOf(heartbeat.topicPartitions))
  const found = findMember(decision, heartbeat, owned, rules)
  const problem = found instanceof Refusal ? found : newRegexProblem(found.known, heartbeat, before)
  if (problem !== undefined) {
    const { errorCode, errorMessage } = problem
    return { decision: new ConsumerDecision(before), answer: { errorCode, errorMessage } }
  }
  return { decision, answer: stay(decision, found as Found, heartbeat, owned, rules) }
}

function stay(
  decision: ConsumerDecision,
  { known }: Found,
  heartbeat: ConsumerHeartbeat,
  owned: ReadonlySet<PartitionKey> | undefined,
  rules: HeartbeatRules,
): HeartbeatAnswer {
  const { memberId, memberEpoch, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex } = heartbeat
  const hasNewSubscription = updateMember(decision, known, updated(known, heartbeat), rules)
  decision.changeMember(memberId, { joinBy: undefined, syncBy: undefined })
  updateTargets(decision, rules)
  const assigned = reconcileMember(decision, memberId, owned, hasNewSubscription, rules)
  decision.changeMember(memberId, { lastSeen: rules.now })

  const hasSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null
  const isFull = memberEpoch === JOIN_EPOCH || (rebalanceTimeoutMs >= 0 && hasSubscription && owned !== undefined)
  const isNews = known === undefined || !hasSameAssignment(known, assigned)
  return {
    ...{ errorCode: ErrorCode.NONE, memberId, memberEpoch: assigned.epoch },
    assignment: isFull || isNews ? byTopic(assigned.assigned.keys()) : null,
  }
}

/** Puts the member as it describes itself now; true when it subscribes to something else than before. */
export function updateMember(
  decision: ConsumerDecision,
  known: ConsumerMember | undefined,
  member: StoredConsumerMember,
  rules: TargetRules,
): boolean {
  const { groupId, members } = decision.group
  const assignorBefore = preferredAssignor(members.values(), rules)
  const isOther = known === undefined || JSON.stringify(storedMember(known)) !== JSON.stringify(storedMember(member))
  if (isOther) decision.record({ type: 'ConsumerMemberPut', groupId, member: storedMember(member) })
  const hasNewTopics = JSON.stringify(known?.topics ?? []) !== JSON.stringify(member.topics)
  const hasNewRegex = (known?.regex ?? '') !== (member.regex ?? '')
  const hasNewAssignor = preferredAssignor(decision.group.members.values(), rules) !== assignorBefore
  if (hasNewTopics || hasNewRegex || hasNewAssignor) decision.bump()
  return hasNewTopics || hasNewRegex
}

/** Takes the member one step on to the group's target; resolves to the member after it. */
export function reconcileMember(
  decision: ConsumerDecision,
  memberId: string,
  owned: ReadonlySet<PartitionKey> | undefined,
  hasNewSubscription: boolean,
  rules: TargetRules,
): ConsumerMember {
  const { groupId, assignmentEpoch, members, targets } = decision.group
  const member = members.get(memberId)!
  const isThere = member.state === 'Stable' && member.epoch === assignmentEpoch
  if (isThere && !hasNewSubscription) return member
  const held = heldByOthers(members.values(), memberId)
  const next = reconcile(member, {
    ...{ targetEpoch: assignmentEpoch, target: targets.get(memberId) ?? new Set(), hasNewSubscription, owned },
    topicIds: new Set(subscribedTopics(member, rules.topics).map(({ topicId }) => topicId)),
    isHeldByOther: (key) => held.has(key),
  })
  if (
    next === member ||
    JSON.stringify(assignedRecord(groupId, next)) === JSON.stringify(assignedRecord(groupId, member))
  )
    return member
  decision.record(assignedRecord(groupId, next))
  const hasDeadline = next.state === 'Unrevoked' && next.classic === undefined
  decision.changeMember(memberId, { revokeBy: hasDeadline ? rules.now + next.rebalanceTimeoutMs : undefined })
  return decision.group.members.get(memberId)!
}

function heldByOthers(members: Iterable<ConsumerMember>, memberId: string): Set<PartitionKey> {
  const held = new Set<PartitionKey>()
  for (const member of members) {
    if (member.memberId === memberId) continue
    for (const key of member.assigned.keys()) held.add(key)
    for (const key of member.revoking.keys()) held.add(key)
  }
  return held
}

function updated(known: ConsumerMember | undefined, heartbeat: ConsumerHeartbeat): StoredConsumerMember {
  const { memberId, clientId, clientHost, principal, rebalanceTimeoutMs, subscribedTopicNames } = heartbeat
  const before = known ?? newMember({ ...UNSAID, memberId, clientId, clientHost })
  return {
    ...{ memberId, clientId, clientHost },
    ...(principal === undefined ? {} : { principal }),
    instanceId: heartbeat.instanceId ?? before.instanceId,
    rackId: heartbeat.rackId ?? before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topics: subscribedTopicNames === null ? before.topics : [...new Set(subscribedTopicNames)].sort(),
    regex: heartbeat.subscribedTopicRegex ?? before.regex,
    assignor: heartbeat.serverAssignor ?? before.assignor,
  }
}

const UNSAID = { instanceId: null, rackId: null, rebalanceTimeoutMs: -1, topics: [], regex: null, assignor: null }

/** An expression that somebody in the group uses has been looked at. */
function newRegexProblem(
  known: ConsumerMember | undefined,
  { subscribedTopicRegex: regex }: ConsumerHeartbeat,
  { members }: ConsumerGroup,
): Refusal | undefined {
  if (!isRegex(regex) || regex === known?.regex) return undefined
  for (const member of members.values()) if (member.regex === regex) return undefined
  const problem = regexProblem(regex)
  return problem === undefined ? undefined : new Refusal(ErrorCode.INVALID_REGULAR_EXPRESSION, problem)
}

function hasSameAssignment({ assigned: before }: ConsumerMember, { assigned: after }: ConsumerMember): boolean {
  if (before.size !== after.size) return false
  for (const [key, epoch] of after) if (before.get(key) !== epoch) return false
  return true
}
