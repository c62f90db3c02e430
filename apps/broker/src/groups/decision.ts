import { ErrorCode } from '#libs/kafka-protocol'
import { evolveGroup, type Group, type Member, type RequestId } from './group.ts'
import type { GroupRecord } from './records.ts'

export interface JoinAnswer {
  readonly errorCode: ErrorCode
  readonly memberId: string
  readonly generation: number
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly leader: string
  /** The leader keeps the assignment it made before. */
  readonly skipAssignment: boolean
  /** For the leader only. */
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly metadata: Buffer
  }[]
}

export interface SyncAnswer {
  readonly errorCode: ErrorCode
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignment: Buffer
}

export type Reply =
  | { readonly to: RequestId; readonly join: JoinAnswer }
  | { readonly to: RequestId; readonly sync: SyncAnswer }

/**
 * A decision in the making: the group it leads to, the facts to be made durable, and the parked requests it answers.
 * Facts take effect through `evolveGroup`, so a replay of them arrives at the same group.
 */
export class Decision {
  group: Group
  readonly records: GroupRecord[] = []
  readonly replies: Reply[] = []

  constructor(group: Group) {
    this.group = group
  }

  record(record: GroupRecord): void {
    this.records.push(record)
    this.group = evolveGroup(this.group, record)
  }

  change(change: Partial<Group>): void {
    this.group = { ...this.group, ...change }
  }

  putMember(member: Member): void {
    this.change({ members: new Map(this.group.members).set(member.memberId, member) })
  }

  dropMember(memberId: string): void {
    const members = new Map(this.group.members)
    members.delete(memberId)
    this.change({ members })
  }

  addPending(memberId: string, until: number): void {
    this.change({ pendingMembers: new Map(this.group.pendingMembers).set(memberId, until) })
  }

  dropPending(memberId: string): void {
    const pendingMembers = new Map(this.group.pendingMembers)
    pendingMembers.delete(memberId)
    this.change({ pendingMembers })
  }

  join(to: RequestId, join: JoinAnswer): void {
    this.replies.push({ to, join })
  }

  sync(to: RequestId, sync: SyncAnswer): void {
    this.replies.push({ to, sync })
  }

  /** Answers whatever the member has parked with an error. */
  turnAway(member: Member, errorCode: ErrorCode): void {
    if (member.joining !== undefined) this.join(member.joining, joinError(errorCode, member.memberId))
    if (member.syncing !== undefined) this.sync(member.syncing, syncError(errorCode))
  }
}

const NO_BYTES = Buffer.alloc(0)

export function joinError(errorCode: ErrorCode, memberId: string): JoinAnswer {
  return {
    ...{ errorCode, memberId, generation: -1, protocolType: null, protocol: null, leader: '' },
    ...{ skipAssignment: false, members: [] },
  }
}

export function syncError(errorCode: ErrorCode): SyncAnswer {
  return { errorCode, protocolType: null, protocol: null, assignment: NO_BYTES }
}

/** What is wrong with a request in this member's name, or NONE. */
export function checkMember(group: Group, memberId: string, instanceId: string | null): ErrorCode {
  if (instanceId !== null) {
    for (const member of group.members.values()) {
      if (member.instanceId !== instanceId) continue
      return member.memberId === memberId ? ErrorCode.NONE : ErrorCode.FENCED_INSTANCE_ID
    }
    return ErrorCode.UNKNOWN_MEMBER_ID
  }
  return group.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
}
