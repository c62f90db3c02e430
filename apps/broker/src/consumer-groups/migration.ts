import { ErrorCode, readAssignment, readSubscription } from '#libs/kafka-protocol'
import type { Settings } from '../config/settings.ts'
import { Decision, joinError, type Reply, syncError } from '../groups/decision.ts'
import { type Group, type Member, metadataOf, newGroup } from '../groups/group.ts'
import { electProtocol, prepareRebalance } from '../groups/rebalance.ts'
import { classicPart, ownedKeys } from './classic-join.ts'
import { classicAssignment } from './classic-members.ts'
import { ConsumerDecision } from './consumer-decision.ts'
import { assignedRecord, type ConsumerGroup, newConsumerGroup, newMember } from './consumer-group.ts'
import { byTopic, type PartitionKey } from './partitions.ts'
import type { KnownTopics } from './subscription.ts'

/** Epochs go on where the generations of the classic protocol have come to. */
export const firstEpoch = (before: Group | undefined): number => Math.max(1, before?.generation ?? 0)

/**
 * A classic group goes over to the consumer protocol, with all who are in it: they read what they have been assigned, and
 * are members of the new group that speak the classic protocol still. Undefined when its members do not say what they read
 * in the way that consumers do. `replies` tell those who wait for each other that they need not.
 */
export function decideUpgrade(
  classic: Group,
  topics: KnownTopics,
): { readonly decision: ConsumerDecision; readonly replies: readonly Reply[] } | undefined {
  const { groupId } = classic
  if (classic.protocolType !== 'consumer') return undefined
  const epoch = firstEpoch(classic)
  const decision = new ConsumerDecision(newConsumerGroup(groupId, epoch))
  const members: Parameters<typeof assignedRecord>[1][] = []
  const taken = new Set<PartitionKey>()
  for (const member of classic.members.values()) {
    const upgraded = upgradedMember(classic, member, epoch, topics, taken)
    if (upgraded === undefined) return undefined
    members.push(upgraded)
    decision.record({ type: 'ConsumerMemberPut', groupId, member: upgraded })
  }
  const targets = members.map(({ memberId, assigned }) => ({ memberId, topics: byTopic(assigned.keys()) }))
  decision.record({ type: 'ConsumerTargetsMade', groupId, epoch, targets })
  for (const member of members) {
    decision.record(assignedRecord(groupId, member))
    decision.changeMember(member.memberId, { lastSeen: member.lastSeen })
  }
  return { decision, replies: [...classic.members.values()].flatMap(interrupted) }
}

/** `taken`: what others read. */
function upgradedMember(classic: Group, member: Member, epoch: number, topics: KnownTopics, taken: Set<PartitionKey>) {
  const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs, lastSeen } = member
  const protocol = classic.protocol ?? member.protocols[0]?.name ?? null
  const subscription = readSubscription(metadataOf(member, protocol))
  // Until its leader has spoken it reads what it has joined with.
  const untold = { assignedPartitions: subscription?.ownedPartitions ?? [], userData: null }
  const assignment = member.assignment.length > 0 ? readAssignment(member.assignment) : untold
  if (subscription === undefined || assignment === undefined) return undefined
  // What an assignor of their own has written there would be lost.
  if ((assignment.userData?.length ?? 0) > 0) return undefined
  const stored = {
    ...{ memberId, instanceId, rackId: subscription.rackId, clientId, clientHost, rebalanceTimeoutMs },
    ...{ topics: [...new Set(subscription.topics)].sort(), regex: null, assignor: null, classic: classicPart(member) },
  }
  const keys = [...ownedKeys(assignment.assignedPartitions, topics)].filter((key) => !taken.has(key))
  for (const key of keys) taken.add(key)
  const assigned = new Map(keys.map((key) => [key, epoch]))
  return { ...newMember(stored), epoch, previousEpoch: epoch, assigned, lastSeen }
}

/** Whoever waits for the others of its generation joins again. */
function interrupted({ memberId, joining, syncing }: Member): Reply[] {
  const errorCode = ErrorCode.REBALANCE_IN_PROGRESS
  return [
    ...(joining === undefined ? [] : [{ to: joining, join: joinError(errorCode, memberId) }]),
    ...(syncing === undefined ? [] : [{ to: syncing, sync: syncError(errorCode) }]),
  ]
}

/** Nobody speaks the consumer protocol any more, and somebody did: the group goes back to the classic one. */
export function isDowngrade(before: ConsumerGroup | undefined, { members }: ConsumerGroup): before is ConsumerGroup {
  const isClassic = [...members.values()].every(({ classic }) => classic !== undefined)
  return before !== undefined && members.size > 0 && members.size < before.members.size && isClassic
}

export function mayDowngrade({ members }: ConsumerGroup, settings: Settings): boolean {
  const policy = settings['group.consumer.migration.policy']
  return (policy === 'bidirectional' || policy === 'downgrade') && members.size <= settings['group.max.size']
}

/**
 * All members are told to join again. Until then each holds whatever it may still read, which is not what it should read
 * where it has not been heard of since: a member of the consumer protocol that comes first is given none of that.
 */
export function decideDowngrade(group: ConsumerGroup, topics: KnownTopics, now: number): Decision {
  const { groupId, epoch } = group
  const decision = new Decision(newGroup(groupId, now))
  const members = [...group.members.values()].map((member) => {
    const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs } = member
    return { ...{ memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs }, ...member.classic! }
  })
  const named = members.map((member) => ({ ...member, protocols: member.protocols.map(withBytes) }))
  const protocol = electProtocol(named)
  decision.record({
    ...{ type: 'GenerationStarted', groupId, generation: epoch, protocolType: 'consumer', protocol },
    ...{ leader: members[0]!.memberId, members, at: now },
  })
  const assignments = Object.fromEntries(
    members.map(({ memberId, protocols }) => {
      const { metadata } = protocols.find(({ name }) => name === protocol)!
      const { assigned, revoking } = group.members.get(memberId)!
      const held = [...assigned.keys(), ...revoking.keys()]
      return [memberId, classicAssignment(held, metadata, topics).toString('base64')]
    }),
  )
  decision.record({ type: 'AssignmentsMade', groupId, assignments, rebalances: true })
  for (const member of decision.group.members.values()) {
    const { lastSeen } = group.members.get(member.memberId)!
    decision.putMember({ ...member, lastSeen, synced: true })
  }
  prepareRebalance(decision, now, 0)
  return decision
}

const withBytes = ({ name, metadata }: { readonly name: string; readonly metadata: string }) => ({
  ...{ name, metadata: Buffer.from(metadata, 'base64') },
})
