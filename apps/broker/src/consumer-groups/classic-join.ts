import { ErrorCode, readSubscription } from '#libs/kafka-protocol'
import { type JoinAnswer, joinError } from '../groups/decision.ts'
import type { Join } from '../groups/join.ts'
import { ConsumerDecision } from './consumer-decision.ts'
import { type ConsumerGroup, type ConsumerMember, staticMember } from './consumer-group.ts'
import type { StoredClassicMember, StoredConsumerMember } from './consumer-records.ts'
import { replaceStatic } from './find-member.ts'
import { type HeartbeatRules, reconcileMember, updateMember } from './heartbeat.ts'
import { keyOf, type PartitionKey } from './partitions.ts'
import type { KnownTopics } from './subscription.ts'
import { updateTargets } from './target.ts'

/** A member that speaks the classic protocol, in a group of the consumer protocol. */
export type ClassicJoin = Omit<Join, 'request'>

/**
 * A member of the classic protocol joins a group in which somebody speaks the consumer protocol, so that a group goes over
 * member by member. It waits for nobody: its generation is its epoch, and what it should read is with the broker.
 */
export function decideClassicJoin(
  before: ConsumerGroup,
  join: ClassicJoin,
  rules: HeartbeatRules,
): { readonly decision: ConsumerDecision; readonly answer: JoinAnswer } {
  const decision = new ConsumerDecision(before)
  const refuse = (errorCode: ErrorCode, memberId = join.memberId) => ({
    ...{ decision: new ConsumerDecision(before), answer: joinError(errorCode, memberId) },
  })
  const subscription = readSubscription(join.protocols[0]?.metadata ?? NO_BYTES)
  if (subscription === undefined || !supports(before, join)) return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const namesake = join.instanceId === null ? undefined : staticMember(before, join.instanceId)
  const isNew = namesake === undefined && !before.members.has(join.memberId)
  if (isNew && before.members.size >= rules.maxSize) return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED)
  if (join.memberId === '' && join.requiresMemberId && join.instanceId === null) {
    return refuse(ErrorCode.MEMBER_ID_REQUIRED, join.newMemberId)
  }
  if (join.instanceId !== null && join.memberId !== '' && namesake?.memberId !== join.memberId) {
    return refuse(namesake === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.FENCED_INSTANCE_ID)
  }
  const memberId = join.memberId === '' ? join.newMemberId : join.memberId
  const isReplaced = namesake !== undefined && namesake.memberId !== memberId
  const known = isReplaced ? replaceStatic(decision, namesake, memberId) : before.members.get(memberId)
  const { rackId, topics, ownedPartitions } = subscription
  const hasNewSubscription = updateMember(decision, known, joined(memberId, known, join, topics, rackId), rules)
  updateTargets(decision, rules)
  const owned = ownedKeys(ownedPartitions, rules.topics)
  const { epoch } = reconcileMember(decision, memberId, owned, hasNewSubscription, rules)
  const syncBy = rules.now + join.rebalanceTimeoutMs
  decision.changeMember(memberId, { lastSeen: rules.now, joinBy: undefined, revokeBy: undefined, syncBy })
  const { protocolType, protocols } = join
  return {
    decision,
    answer: {
      ...{ errorCode: ErrorCode.NONE, memberId, generation: epoch, protocolType, protocol: protocols[0]!.name },
      ...{ leader: '', skipAssignment: false, members: [] },
    },
  }
}

/** It has a protocol in common with all the others that speak this way. */
function supports({ members }: ConsumerGroup, { memberId, protocolType, protocols }: ClassicJoin): boolean {
  if (protocolType !== 'consumer') return false
  const others = [...members.values()].filter((member) => member.classic !== undefined && member.memberId !== memberId)
  return protocols.some(({ name }) => others.every(({ classic }) => classic!.protocols.some((it) => it.name === name)))
}

function joined(
  memberId: string,
  known: ConsumerMember | undefined,
  join: ClassicJoin,
  topics: readonly string[],
  rackId: string | null,
): StoredConsumerMember {
  const { instanceId, clientId, clientHost, rebalanceTimeoutMs } = join
  return {
    ...{ memberId, instanceId, rackId: rackId ?? known?.rackId ?? null, clientId, clientHost, rebalanceTimeoutMs },
    ...{ topics: [...new Set(topics)].sort(), regex: null, assignor: known?.assignor ?? null },
    classic: classicPart(join),
  }
}

export const classicPart = ({
  sessionTimeoutMs,
  protocols,
}: Pick<ClassicJoin, 'sessionTimeoutMs' | 'protocols'>): StoredClassicMember => ({
  sessionTimeoutMs,
  protocols: protocols.map(({ name, metadata }) => ({ name, metadata: metadata.toString('base64') })),
})

/** Of topics that exist. */
export function ownedKeys(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  known: KnownTopics,
): Set<PartitionKey> {
  return new Set(
    topics.flatMap(({ topic, partitions }) => {
      const topicId = known.find(topic)?.topicId
      return topicId === undefined ? [] : partitions.map((partition) => keyOf(topicId, partition))
    }),
  )
}

const NO_BYTES = Buffer.alloc(0)
