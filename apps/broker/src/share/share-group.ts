import { type AssignableTopic, type Assignment, type Assignments, assign } from './assignor.ts'
import type { ShareRecord, StoredMember } from './records.ts'

/** A consumer in a share group. */
export interface ShareMember extends StoredMember {
  /** The group's epoch of which it was told last, and the one before: an answer may have been lost. */
  readonly epoch: number
  readonly previousEpoch: number
  /** What it was told last; undefined makes sure that it is told. */
  readonly assigned: Assignment | undefined
  /** On the steady clock. */
  readonly lastSeen: number
}

/** The members of a share group (KIP-932). Never modified, another takes its place. */
export interface ShareGroup {
  readonly groupId: string
  /** Counts changes of who reads what. */
  readonly epoch: number
  readonly members: ReadonlyMap<string, ShareMember>
  /** What everybody should read as of this epoch. */
  readonly assignments: Assignments
}

export type TopicOf = (name: string) => AssignableTopic | undefined

export const newShareGroup = (groupId: string): ShareGroup => ({
  groupId,
  epoch: 0,
  members: new Map(),
  assignments: new Map(),
})

export const stateOf = ({ members }: ShareGroup): 'Empty' | 'Stable' => (members.size === 0 ? 'Empty' : 'Stable')

/** What a record says of members; those of partitions leave the group as it is. `now` on the steady clock. */
export function evolveShareGroup(group: ShareGroup, record: ShareRecord, topicOf: TopicOf, now: number): ShareGroup {
  switch (record.type) {
    case 'MemberPut': {
      const { epoch, member } = record
      const known = group.members.get(member.memberId) ?? NEW_MEMBER
      const members = new Map(group.members).set(member.memberId, { ...known, ...member, lastSeen: now })
      return reassigned({ ...group, epoch, members }, group.epoch, topicOf)
    }
    case 'MemberRemoved': {
      const members = new Map(group.members)
      members.delete(record.memberId)
      return reassigned({ ...group, epoch: record.epoch, members }, group.epoch, topicOf)
    }
    case 'EpochBumped': {
      const { epoch, assignments } = record
      if (assignments !== undefined) return { ...group, epoch, assignments: new Map(assignments) }
      return reassigned({ ...group, epoch }, group.epoch, topicOf)
    }
    default:
      return group
  }
}

const NEW_MEMBER = { epoch: 0, previousEpoch: 0, assigned: undefined }

/** After a restart: nobody knows of which epochs the members were told, so each is told everything. */
export function resumeShareGroup(group: ShareGroup, topicOf: TopicOf, now: number): ShareGroup {
  const members = new Map(
    Array.from(group.members, ([memberId, member]) => [
      memberId,
      { ...member, epoch: group.epoch, previousEpoch: ANY_EPOCH, assigned: undefined, lastSeen: now },
    ]),
  )
  return { ...group, members, assignments: assign(members.values(), topicOf, group.assignments) }
}

/** Any epoch that there was may have been the one before. */
export const ANY_EPOCH = -1

/** The shortest sequence of records that gives the members of this group again. */
export function* snapshotOfShareGroup({ groupId, epoch, members, assignments }: ShareGroup): Generator<ShareRecord> {
  for (const { memberId, rackId, clientId, clientHost, topics } of members.values()) {
    yield { type: 'MemberPut', groupId, epoch, member: { memberId, rackId, clientId, clientHost, topics } }
  }
  yield { type: 'EpochBumped', groupId, epoch, assignments: [...assignments] }
}

function reassigned(group: ShareGroup, before: number, topicOf: TopicOf): ShareGroup {
  if (group.epoch === before) return group
  return { ...group, assignments: assign(group.members.values(), topicOf, group.assignments) }
}
