import { type RecordedGeneration, recordGeneration } from './recorded-generation.ts'
import type { GroupRecord, StoredMember } from './records.ts'

/**
 * The members of a classic consumer group, without its offsets, which are the same in every protocol:
 *
 *     Empty ── join ──▶ PreparingRebalance ── all joined ──▶ CompletingRebalance ── leader synced ──▶ Stable
 *       ▲                      ▲  │ nobody left                    │ join, leave, expiry               │
 *       └──────────────────────┼──┘                                │                                  │
 *                              └───────────────────────────────────┴──────────────────────────────────┘
 *
 * Everything here is a value: decisions take a group and give another, so they can be tested without clock or socket.
 */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** Names a parked request; the coordinator knows which connection waits for it. */
export type RequestId = number

export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface Member {
  readonly memberId: string
  /** The name of a static member, which keeps its place in the group over a restart. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** In the order the member prefers them. */
  readonly protocols: readonly Protocol[]
  readonly assignment: Buffer
  /** When the member last showed that it is alive. */
  readonly lastSeen: number
  /** Its JoinGroup is parked until the join phase ends. */
  readonly joining: RequestId | undefined
  /** Its SyncGroup is parked until the leader has sent the assignment. */
  readonly syncing: RequestId | undefined
  /** It has asked for its assignment in this generation. */
  readonly synced: boolean
}

export interface Group {
  readonly groupId: string
  readonly state: GroupState
  /** Never goes back, not even over a restart: a member of an old generation can always be told from a new one. */
  readonly generation: number
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly leader: string | null
  /** In order of arrival. */
  readonly members: ReadonlyMap<string, Member>
  /** Ids handed out with MEMBER_ID_REQUIRED and not used yet, and when they lapse. */
  readonly pendingMembers: ReadonlyMap<string, number>
  /** End of the join phase, whoever is missing then. */
  readonly joinDeadline: number | undefined
  /** A new group waits this long for more members, though all it knows have joined. */
  readonly holdUntil: number | undefined
  /** Members that have not asked for their assignment by then are expelled. */
  readonly syncDeadline: number | undefined
  /** Of an empty group, when the last member left. */
  readonly emptySince: number
  /** Of the members, what is on disk: what they are after a crash. */
  readonly recorded: RecordedGeneration | undefined
}

export const NO_ASSIGNMENT = Buffer.alloc(0)

export function newGroup(groupId: string, now: number): Group {
  return {
    groupId,
    state: 'Empty',
    generation: 0,
    protocolType: null,
    protocol: null,
    leader: null,
    members: new Map(),
    pendingMembers: new Map(),
    joinDeadline: undefined,
    holdUntil: undefined,
    syncDeadline: undefined,
    emptySince: now,
    recorded: undefined,
  }
}

/** Applies one durable record; the same function replays the journal and carries out decisions. */
export function evolveGroup(group: Group, record: GroupRecord): Group {
  const evolved = applyToGroup(group, record)
  return { ...evolved, recorded: recordGeneration(group.recorded, record) }
}

function applyToGroup(group: Group, record: GroupRecord): Group {
  switch (record.type) {
    case 'GenerationStarted': {
      const members = new Map(record.members.map((member) => [member.memberId, restored(member, group)]))
      const isEmpty = members.size === 0
      const { generation, protocolType, protocol, leader, at: emptySince } = record
      const phase = { joinDeadline: undefined, holdUntil: undefined, syncDeadline: undefined }
      const state = isEmpty ? 'Empty' : 'CompletingRebalance'
      return { ...group, ...phase, state, generation, protocolType, protocol, leader, members, emptySince }
    }
    case 'AssignmentsMade': {
      const members = new Map(group.members)
      for (const [memberId, member] of members) {
        const assignment = Buffer.from(record.assignments[memberId] ?? '', 'base64')
        members.set(memberId, { ...member, assignment })
      }
      return { ...group, state: 'Stable', members }
    }
    case 'StaticMemberReplaced': {
      const members = new Map<string, Member>()
      const replacement = { ...restored(record.member, group), assignment: group.members.get(record.from)?.assignment }
      for (const [memberId, member] of group.members) {
        if (memberId !== record.from) members.set(memberId, member)
        else members.set(replacement.memberId, { ...replacement, assignment: replacement.assignment ?? NO_ASSIGNMENT })
      }
      const leader = group.leader === record.from ? record.member.memberId : group.leader
      return { ...group, members, leader }
    }
    case 'GroupDeleted':
      return newGroup(group.groupId, group.emptySince)
    default:
      return group
  }
}

function restored(stored: StoredMember, group: Group): Member {
  const { memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs } = stored
  const protocols = stored.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata, 'base64') }))
  const before = group.members.get(memberId)
  return {
    ...{ memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols },
    assignment: NO_ASSIGNMENT,
    lastSeen: before?.lastSeen ?? 0,
    joining: before?.joining,
    syncing: before?.syncing,
    synced: false,
  }
}

/** A group read back from disk: its members get a full session from now on to be heard of again. */
export function resumeGroup(group: Group, now: number): Group {
  const members = new Map([...group.members].map(([memberId, member]) => [memberId, { ...member, lastSeen: now }]))
  const deadline = now + longestRebalanceTimeout(group)
  if (group.recorded?.assigned?.rebalances === true) {
    return { ...group, members, state: 'PreparingRebalance', joinDeadline: deadline }
  }
  return { ...group, members, syncDeadline: group.state === 'CompletingRebalance' ? deadline : undefined }
}

export function longestRebalanceTimeout(group: Group): number {
  let longest = 0
  for (const member of group.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
  return longest
}

export function staticMember(group: Group, instanceId: string): Member | undefined {
  for (const member of group.members.values()) if (member.instanceId === instanceId) return member
  return undefined
}

export function metadataOf(member: Member, protocol: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? NO_ASSIGNMENT
}
