import { type Assignor, assignors } from './assignors.ts'
import type { ConsumerDecision } from './consumer-decision.ts'
import { type ConsumerGroup, type ConsumerMember, targetOf } from './consumer-group.ts'
import { byTopic, type PartitionKey } from './partitions.ts'
import { type KnownTopic, type KnownTopics, subscribedTopics } from './subscription.ts'

export interface TargetRules {
  /** On the steady clock. */
  readonly now: number
  readonly topics: KnownTopics
  /** Names of the assignors that may be asked for, the default first. */
  readonly assignors: readonly string[]
  /** Targets are not computed more often, but for the first one. */
  readonly assignmentIntervalMs: number
}

/** The assignor that most of those who ask for one like best, or the default one. */
export function preferredAssignor(
  members: Iterable<Pick<ConsumerMember, 'assignor'>>,
  { assignors }: Pick<TargetRules, 'assignors'>,
): string {
  const votes = new Map<string, number>()
  for (const { assignor } of members) if (assignor !== null) votes.set(assignor, (votes.get(assignor) ?? 0) + 1)
  const most = Math.max(...votes.values())
  return assignors.find((name) => votes.get(name) === most) ?? assignors[0]!
}

/** What everybody should read of the topics that there are. */
function computeTargets(group: ConsumerGroup, rules: TargetRules): ReadonlyMap<string, ReadonlySet<PartitionKey>> {
  const members = [...group.members.values()]
  // Most members subscribe to the same, and an expression is tried on every topic.
  const known = new Map<string, readonly KnownTopic[]>()
  const topicsOf = (member: ConsumerMember) => {
    const key = JSON.stringify([member.topics, member.regex, member.principal, member.clientHost])
    const topics = known.get(key) ?? subscribedTopics(member, rules.topics)
    known.set(key, topics)
    return topics
  }
  const subscribers = members.map((member) => ({
    ...{ memberId: member.memberId, instanceId: member.instanceId },
    ...{ topics: topicsOf(member), before: targetOf(group, member.memberId) },
  }))
  const assign: Assignor = assignors[preferredAssignor(members, rules)]!
  return assign(subscribers)
}

/** Computes the target of the group's epoch, unless that is done or there was one just now. */
export function updateTargets(decision: ConsumerDecision, rules: TargetRules): void {
  const { group } = decision
  if (group.assignmentEpoch >= group.epoch) return
  const { assignedAt } = group
  if (assignedAt !== undefined && rules.now < assignedAt + rules.assignmentIntervalMs) return
  const changed = [...computeTargets(group, rules)].filter(([memberId, target]) => {
    return !isSame(target, targetOf(group, memberId))
  })
  decision.record({
    ...{ type: 'ConsumerTargetsMade', groupId: group.groupId, epoch: group.epoch },
    targets: changed.map(([memberId, target]) => ({ memberId, topics: byTopic(target) })),
  })
  decision.change({ assignedAt: rules.now })
}

/** Whether members should read what they should have read last. */
export function hasCurrentTargets(group: ConsumerGroup, rules: TargetRules): boolean {
  return [...computeTargets(group, rules)].every(([memberId, target]) => isSame(target, targetOf(group, memberId)))
}

function isSame(one: ReadonlySet<PartitionKey>, other: ReadonlySet<PartitionKey>): boolean {
  if (one.size !== other.size) return false
  for (const key of one) if (!other.has(key)) return false
  return true
}
