import type { AssignedPartitions, ConsumerRecord, MemberState, StoredConsumerMember } from './consumer-records.ts'
import { byTopic, keyOf, keysOf, type PartitionKey } from './partitions.ts'

/** Partitions, and the epoch in which each was assigned. */
export type Assigned = ReadonlyMap<PartitionKey, number>

/** A consumer in a group. */
export interface ConsumerMember extends StoredConsumerMember {
  /** The epoch up to which it has come; 0 before it was told any, -2 while a static member is away. */
  readonly epoch: number
  /** The one before: an answer may have been lost. */
  readonly previousEpoch: number
  readonly state: MemberState
  readonly assigned: Assigned
  /** What it has to give up before it goes on. */
  readonly revoking: Assigned
  /** When it was last heard of; this and what follows on the steady clock. */
  readonly lastSeen: number
  /** It must have given up what it has to by then. */
  readonly revokeBy: number | undefined
  /** It must join again by then: of those who speak the classic protocol. */
  readonly joinBy: number | undefined
  /** It must ask for its assignment by then: likewise. */
  readonly syncBy: number | undefined
}

/**
 * The members of a group of the consumer protocol (KIP-848), without its offsets. Never modified, another takes its place.
 *
 * The group's epoch counts changes of who wants to read what. For the newest epoch a target is computed, and each member
 * goes there by itself: it first gives up what is not its own any more, then it is given what others have given up.
 */
export interface ConsumerGroup {
  readonly groupId: string
  readonly epoch: number
  readonly members: ReadonlyMap<string, ConsumerMember>
  /** The epoch for which `targets` were computed. */
  readonly assignmentEpoch: number
  /** What everybody should read as of then. */
  readonly targets: ReadonlyMap<string, ReadonlySet<PartitionKey>>
  /** When, on the steady clock; undefined: long ago. */
  readonly assignedAt: number | undefined
}

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

export const STATIC_AWAY_EPOCH = -2

/** As of epoch 1 at least, as 0 is what members say when they join. */
export const newConsumerGroup = (groupId: string, epoch = 1): ConsumerGroup => ({
  ...{ groupId, epoch, members: new Map(), assignmentEpoch: epoch, targets: new Map(), assignedAt: undefined },
})

export const isReconciled = ({ state, epoch }: ConsumerMember, target: number): boolean =>
  state === 'Stable' && epoch === target

export function stateOf({ members, epoch, assignmentEpoch }: ConsumerGroup): ConsumerGroupState {
  if (members.size === 0) return 'Empty'
  if (epoch > assignmentEpoch) return 'Assigning'
  for (const member of members.values()) if (!isReconciled(member, assignmentEpoch)) return 'Reconciling'
  return 'Stable'
}

export const NO_TARGET: ReadonlySet<PartitionKey> = new Set()

export const targetOf = ({ targets }: ConsumerGroup, memberId: string): ReadonlySet<PartitionKey> =>
  targets.get(memberId) ?? NO_TARGET

export function staticMember({ members }: ConsumerGroup, instanceId: string): ConsumerMember | undefined {
  for (const member of members.values()) if (member.instanceId === instanceId) return member
  return undefined
}

const NEW_MEMBER = {
  ...{ epoch: 0, previousEpoch: 0, state: 'Stable' as MemberState, assigned: new Map(), revoking: new Map() },
  ...{ lastSeen: 0, revokeBy: undefined, joinBy: undefined, syncBy: undefined },
}

export const newMember = (stored: StoredConsumerMember): ConsumerMember => ({ ...NEW_MEMBER, ...stored })

/** Applies one durable record; the same function replays the journal and carries out decisions. */
export function evolveConsumerGroup(group: ConsumerGroup, record: ConsumerRecord): ConsumerGroup {
  switch (record.type) {
    case 'ConsumerGroupStarted':
      return newConsumerGroup(group.groupId, record.epoch)
    case 'ConsumerMemberPut': {
      const { member } = record
      const known = group.members.get(member.memberId) ?? NEW_MEMBER
      return withMember(group, { ...known, ...member, classic: member.classic })
    }
    case 'ConsumerMemberRemoved': {
      const members = new Map(group.members)
      members.delete(record.memberId)
      const targets = new Map(group.targets)
      targets.delete(record.memberId)
      return { ...group, members, targets }
    }
    case 'ConsumerEpochBumped':
      return { ...group, epoch: record.epoch }
    case 'ConsumerTargetsMade': {
      const targets = new Map(group.targets)
      for (const { memberId, topics } of record.targets) targets.set(memberId, new Set(keysOf(topics)))
      return { ...group, assignmentEpoch: record.epoch, targets }
    }
    case 'ConsumerMemberAssigned': {
      const { memberId, epoch, previousEpoch, state } = record
      const known = group.members.get(memberId)
      if (known === undefined) return group
      const [assigned, revoking] = [restored(record.assigned), restored(record.revoking)]
      return withMember(group, { ...known, epoch, previousEpoch, state, assigned, revoking })
    }
  }
}

export const withMember = (group: ConsumerGroup, member: ConsumerMember): ConsumerGroup => ({
  ...{ ...group, members: new Map(group.members).set(member.memberId, member) },
})

/** A group read back from disk: its members get a full session from now on to be heard of again. */
export function resumeConsumerGroup(group: ConsumerGroup, now: number): ConsumerGroup {
  const members = new Map(
    Array.from(group.members, ([memberId, member]) => {
      const revokeBy = member.state === 'Unrevoked' ? now + member.rebalanceTimeoutMs : undefined
      return [memberId, { ...member, lastSeen: now, revokeBy }]
    }),
  )
  return { ...group, members }
}

/** The shortest sequence of records that gives this group again. */
export function* snapshotOfConsumerGroup(group: ConsumerGroup): Generator<ConsumerRecord> {
  const { groupId, epoch, members, assignmentEpoch, targets } = group
  yield { type: 'ConsumerGroupStarted', groupId, epoch }
  for (const member of members.values()) yield { type: 'ConsumerMemberPut', groupId, member: storedMember(member) }
  const all = Array.from(targets, ([memberId, keys]) => ({ memberId, topics: byTopic(keys) }))
  yield { type: 'ConsumerTargetsMade', groupId, epoch: assignmentEpoch, targets: all }
  for (const member of members.values()) yield assignedRecord(groupId, member)
}

export function storedMember(member: StoredConsumerMember): StoredConsumerMember {
  const { memberId, instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs } = member
  const { topics, regex, assignor, classic, principal } = member
  return {
    ...{ memberId, instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, topics, regex, assignor },
    ...(classic === undefined ? {} : { classic }),
    ...(principal === undefined ? {} : { principal }),
  }
}

export function assignedRecord(groupId: string, member: ConsumerMember): ConsumerRecord {
  const { memberId, epoch, previousEpoch, state, assigned, revoking } = member
  return {
    ...{ type: 'ConsumerMemberAssigned', groupId, memberId, epoch, previousEpoch, state },
    ...{ assigned: stored(assigned), revoking: stored(revoking) },
  }
}

const stored = (assigned: Assigned): AssignedPartitions[] =>
  byTopic(assigned.keys()).map(({ topicId, partitions }) => ({
    ...{ topicId, partitions, epochs: partitions.map((partition) => assigned.get(keyOf(topicId, partition))!) },
  }))

const restored = (topics: readonly AssignedPartitions[]): Assigned =>
  new Map(
    topics.flatMap(({ topicId, partitions, epochs }) =>
      partitions.map((partition, i) => [keyOf(topicId, partition), epochs[i]!] as const),
    ),
  )
