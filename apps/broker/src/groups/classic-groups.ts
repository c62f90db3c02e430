import { ErrorCode } from '#libs/kafka-protocol'
import type { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { type JoinAnswer, joinError, type Reply, type SyncAnswer, syncError } from './decision.ts'
import { decideExpiry, nextDeadline } from './expiry.ts'
import { type Group, newGroup, resumeGroup } from './group.ts'
import { hasOffsets } from './group-offsets.ts'
import type { GroupStore } from './group-store.ts'
import { decideHeartbeat, type Heartbeat } from './heartbeat.ts'
import { decideJoin, type Join } from './join.ts'
import { decideLeave, type Leaver } from './leave.ts'
import { type Commit, decideCommit } from './offsets.ts'
import { failed, ParkedRequests } from './parked-requests.ts'
import type { GroupRecord } from './records.ts'
import { decideSync, type Sync } from './sync.ts'

/**
 * Even without a delay consumers that start together shall begin together, and not with two generations of which the
 * second moves what the first has given. Each looks for its coordinator and connects to it, so what was started in the
 * same millisecond arrives up to 70 ms apart, with librdkafka on a busy machine. Kafka takes about as long to answer the
 * first; here it would be answered at once.
 */
const SHORTEST_INITIAL_DELAY_MS = 100

export interface ClassicGroupParts {
  readonly store: GroupStore
  readonly alarms: Alarms<string>
  readonly settings: Settings
  readonly clock: Clock
}

/** A decision that is made. */
interface Decided {
  readonly group: Group
  readonly records: readonly GroupRecord[]
  readonly replies: readonly Reply[]
}

/**
 * Runs the groups of the classic protocol: asks the deciders, puts their records on disk, then answers. All groups live on
 * one thread, so a decision is never interleaved with another.
 *
 * Crash story: an answer that a client has seen is on disk. What is not (heartbeats, an open join phase) is found again
 * by the members themselves: they are known after the restart and get a full session to carry on.
 */
export class ClassicGroups {
  private readonly parked = new ParkedRequests()

  constructor(private readonly parts: ClassicGroupParts) {}

  resume(): void {
    for (const group of [...this.all()]) this.put(resumeGroup(group, this.now))
  }

  all(): Iterable<Group> {
    return this.parts.store.all()
  }

  find(groupId: string): Group | undefined {
    return this.parts.store.find(groupId)
  }

  /** As it is known, or one that nobody has joined yet. */
  get(groupId: string): Group {
    return this.find(groupId) ?? newGroup(groupId, this.now)
  }

  /** A group of another protocol, in which nobody is any more, goes on as a classic one. */
  begin(groupId: string, generation: number): void {
    this.put({ ...newGroup(groupId, this.now), generation })
  }

  async join(groupId: string, join: Omit<Join, 'request'>): Promise<JoinAnswer> {
    const { settings } = this.parts
    const rules = {
      now: this.now,
      initialDelayMs: Math.max(settings['group.initial.rebalance.delay.ms'], SHORTEST_INITIAL_DELAY_MS),
      maxSize: settings['group.max.size'],
    }
    const { request, reply } = this.parked.park()
    this.carryOut(decideJoin(this.get(groupId), { ...join, request }, rules))
    const answer = await reply
    return 'join' in answer ? answer.join : joinError(ErrorCode.UNKNOWN_SERVER_ERROR, join.memberId)
  }

  async sync(groupId: string, sync: Omit<Sync, 'request'>): Promise<SyncAnswer> {
    const { request, reply } = this.parked.park()
    this.carryOut(decideSync(this.get(groupId), { ...sync, request }, this.now))
    const answer = await reply
    return 'sync' in answer ? answer.sync : syncError(ErrorCode.UNKNOWN_SERVER_ERROR)
  }

  heartbeat(groupId: string, heartbeat: Heartbeat): ErrorCode {
    const { decision, errorCode } = decideHeartbeat(this.get(groupId), heartbeat, this.now)
    this.carryOut(decision)
    return errorCode
  }

  async leave(groupId: string, leavers: readonly Leaver[]): Promise<readonly ErrorCode[]> {
    const { decision, errors } = decideLeave(this.get(groupId), leavers, this.now)
    const failure = await this.carryOut(decision)
    return failure === undefined ? errors : leavers.map(() => failure)
  }

  /** What is wrong with each of the offsets, in their order. */
  async commit(groupId: string, commit: Commit): Promise<readonly ErrorCode[]> {
    const isNew = this.find(groupId) === undefined
    const { decision, errorCode } = decideCommit(this.get(groupId), commit, isNew, this.now)
    const failure = await this.carryOut(decision)
    this.noteAlive(groupId, commit.memberId)
    return commit.offsets.map(() => failure ?? errorCode)
  }

  nextDeadline(groupId: string): number {
    const group = this.find(groupId)
    return group === undefined ? Infinity : nextDeadline(group)
  }

  expire(groupId: string): void {
    const group = this.find(groupId)
    if (group !== undefined) void this.carryOut(decideExpiry(group, this.now))
  }

  /** Resolves to the error that everybody is told when the disk refuses, else to undefined. */
  async carryOut({ group, records, replies }: Decided): Promise<ErrorCode | undefined> {
    const { store, alarms } = this.parts
    for (const record of records) store.evolve(record)
    const { generation, members, pendingMembers } = group
    if (generation + members.size + pendingMembers.size > 0 || hasOffsets(store.offsetsOf(group.groupId))) {
      this.put(group)
    }
    try {
      if (records.length > 0) await alarms.holdWhile(store.append(records))
      // An answer may tell of a generation that another request has just started: that must be on disk as well.
      else if (replies.length > 0) await alarms.holdWhile(store.settled())
    } catch {
      // The log manager has reported the disk; clients retry after this error.
      this.answer(replies.map(failed))
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
    this.answer(replies)
    return undefined
  }

  answer(replies: readonly Reply[]): void {
    for (const reply of replies) this.parked.answer(reply)
  }

  /** What is parked stays without an answer, for its connections are closed. */
  close(): void {
    this.parked.close()
  }

  private put(group: Group): void {
    this.parts.store.put(group)
    this.parts.alarms.set(group.groupId)
  }

  private get now(): number {
    return this.parts.clock.steady()
  }

  /** A member that had to wait for its answer could not be heard of meanwhile. */
  private noteAlive(groupId: string, memberId: string): void {
    const group = this.find(groupId)
    const member = group?.members.get(memberId)
    const lastSeen = this.now
    if (group === undefined || member === undefined || member.lastSeen === lastSeen) return
    this.put({ ...group, members: new Map(group.members).set(memberId, { ...member, lastSeen }) })
  }
}
