import { ErrorCode } from '#libs/kafka-protocol'
import { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { ConsumerGroups } from '../consumer-groups/consumer-groups.ts'
import type { KnownTopics } from '../consumer-groups/subscription.ts'
import type { LogManager } from '../log/log-manager.ts'
import { type JoinAnswer, joinError, type Reply, type SyncAnswer, syncError } from './decision.ts'
import { decideExpiry, nextDeadline } from './expiry.ts'
import { type Group, newGroup, resumeGroup } from './group.ts'
import { type GroupOffsets, hasOffsets } from './group-offsets.ts'
import { GroupStore, type RecordListener } from './group-store.ts'
import { decideHeartbeat, type Heartbeat } from './heartbeat.ts'
import { decideJoin, type Join } from './join.ts'
import { decideLeave, type Leaver } from './leave.ts'
import * as upkeep from './offset-upkeep.ts'
import {
  type Commit,
  commitRecords,
  decideCommit,
  decideDeletion,
  decideOffsetDelete,
  decideOffsetExpiry,
  expiryRecords,
} from './offsets.ts'
import { failed, ParkedRequests } from './parked-requests.ts'
import type { GroupRecord, TopicPartition } from './records.ts'
import { decideSync, type Sync } from './sync.ts'

/**
 * Even without a delay consumers that start together shall begin together, and not with two generations of which the
 * second moves what the first has given. Each looks for its coordinator and connects to it, so what was started in the
 * same millisecond arrives up to 70 ms apart, with librdkafka on a busy machine. Kafka takes about as long to answer the
 * first; here it would be answered at once.
 */
const SHORTEST_INITIAL_DELAY_MS = 100

/** What groups of the consumer protocol have to know of the rest of the broker. */
export interface GroupSurroundings {
  readonly topics: KnownTopics
  groupConfigs(groupId: string): Readonly<Record<string, string>>
}

const NOWHERE: GroupSurroundings = {
  topics: { find: () => undefined, findById: () => undefined, all: () => [] },
  groupConfigs: () => ({}),
}

/** A decision that is made. */
interface Decided {
  readonly group: Group
  readonly records: readonly GroupRecord[]
  readonly replies: readonly Reply[]
}

/**
 * Runs the classic groups, and the offsets of all: asks the deciders, puts their records on disk, then answers. All groups
 * live on one thread, so a decision is never interleaved with another. `consumer` runs those of the consumer protocol.
 *
 * Crash story: an answer that a client has seen is on disk. What is not (heartbeats, an open join phase) is found again
 * by the members themselves: they are known after the restart and get a full session to carry on.
 */
export class GroupCoordinator {
  readonly consumer: ConsumerGroups
  private readonly store: GroupStore
  private readonly alarms: Alarms<string>
  private readonly parked = new ParkedRequests()
  private readonly settings: Settings
  private readonly clock: Clock

  private constructor(store: GroupStore, settings: Settings, clock: Clock, surroundings: GroupSurroundings) {
    this.store = store
    this.settings = settings
    this.clock = clock
    this.alarms = new Alarms<string>(clock, {
      keyOf: (groupId) => groupId,
      deadlineOf: (groupId) => this.deadlineOf(groupId),
      expire: (groupId) => this.expire(groupId),
    })
    const { alarms } = this
    const groupConfigs = (groupId: string) => surroundings.groupConfigs(groupId)
    this.consumer = new ConsumerGroups({
      ...{ store, alarms, settings, clock, topics: surroundings.topics, groupConfigs },
      adopt: (decision) => this.carryOut(decision),
      answer: (replies) => {
        for (const reply of replies) this.parked.answer(reply)
      },
    })
  }

  static async open(
    logs: LogManager,
    settings: Settings,
    clock: Clock,
    surroundings = NOWHERE,
  ): Promise<GroupCoordinator> {
    const store = await GroupStore.open(logs)
    const coordinator = new GroupCoordinator(store, settings, clock, surroundings)
    for (const group of [...store.all()]) coordinator.put(resumeGroup(group, clock.steady()))
    await coordinator.consumer.resume()
    if (logs.lastStop === 'POWER_CUT') await upkeep.bringBackOffsets(store, logs)
    return coordinator
  }

  /** The classic ones. */
  all(): Iterable<Group> {
    return this.store.all()
  }

  /** Whether there is a group of that name, of either protocol. */
  has(groupId: string): boolean {
    return this.store.has(groupId)
  }

  /** A classic one. */
  find(groupId: string): Group | undefined {
    return this.store.find(groupId)
  }

  /** What is committed and pending, whether it is on disk or not. */
  offsetsOf(groupId: string): GroupOffsets {
    return this.store.offsetsOf(groupId)
  }

  /** Calls `listener` with every record once it is on disk. It must not throw. */
  onRecord(listener: RecordListener): void {
    this.store.onRecord(listener)
  }

  async join(groupId: string, join: Omit<Join, 'request'>): Promise<JoinAnswer> {
    const { settings } = this
    const { sessionTimeoutMs, memberId } = join
    const isTooShort = sessionTimeoutMs < settings['group.min.session.timeout.ms']
    if (isTooShort || sessionTimeoutMs > settings['group.max.session.timeout.ms']) {
      return joinError(ErrorCode.INVALID_SESSION_TIMEOUT, memberId)
    }
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined && consumer.members.size > 0) return this.consumer.classicJoin(consumer, join)
    // One of the consumer protocol that is empty speaks the classic one again; its offsets stay.
    if (consumer !== undefined) {
      this.put({ ...newGroup(groupId, this.clock.steady()), generation: consumer.epoch })
    }
    const rules = {
      now: this.clock.steady(),
      initialDelayMs: Math.max(settings['group.initial.rebalance.delay.ms'], SHORTEST_INITIAL_DELAY_MS),
      maxSize: settings['group.max.size'],
    }
    const { request, reply } = this.parked.park()
    this.carryOut(decideJoin(this.get(groupId), { ...join, request }, rules))
    const answer = await reply
    return 'join' in answer ? answer.join : joinError(ErrorCode.UNKNOWN_SERVER_ERROR, memberId)
  }

  async sync(groupId: string, sync: Omit<Sync, 'request'>): Promise<SyncAnswer> {
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined) return this.consumer.classicSync(consumer, sync)
    const { request, reply } = this.parked.park()
    this.carryOut(decideSync(this.get(groupId), { ...sync, request }, this.clock.steady()))
    const answer = await reply
    return 'sync' in answer ? answer.sync : syncError(ErrorCode.UNKNOWN_SERVER_ERROR)
  }

  heartbeat(groupId: string, heartbeat: Heartbeat): ErrorCode {
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined) return this.consumer.classicHeartbeat(consumer, heartbeat)
    const { decision, errorCode } = decideHeartbeat(this.get(groupId), heartbeat, this.clock.steady())
    this.carryOut(decision)
    return errorCode
  }

  async leave(groupId: string, leavers: readonly Leaver[]): Promise<readonly ErrorCode[]> {
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined) return this.consumer.classicLeave(consumer, leavers)
    const { decision, errors } = decideLeave(this.get(groupId), leavers, this.clock.steady())
    const failure = await this.carryOut(decision)
    return failure === undefined ? errors : leavers.map(() => failure)
  }

  /** What is wrong with each of the offsets, in their order. */
  async commit(groupId: string, commit: Commit): Promise<readonly ErrorCode[]> {
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined) {
      const errors = this.consumer.checkCommit(consumer, commit)
      const offsets = commit.offsets.filter((_, i) => errors[i] === ErrorCode.NONE)
      const failure = await this.append(commitRecords(groupId, { ...commit, offsets }))
      return errors.map((error) => (error === ErrorCode.NONE ? (failure ?? error) : error))
    }
    const isNew = this.find(groupId) === undefined
    const { decision, errorCode } = decideCommit(this.get(groupId), commit, isNew, this.clock.steady())
    const failure = await this.carryOut(decision)
    this.noteAlive(groupId, commit.memberId)
    return commit.offsets.map(() => failure ?? errorCode)
  }

  /** Offsets pending for this producer count from now on, or are dropped. Idempotent; rejects with StorageError. */
  endTransaction(groupId: string, producerId: number, commit: boolean): Promise<void> {
    return upkeep.endTransaction(this.store, groupId, producerId, commit)
  }

  openTransactions(): Iterable<{ readonly groupId: string; readonly producerId: number }> {
    return upkeep.openTransactions(this.store)
  }

  /** The group's offsets with nothing in them that a crash could take back, unless the disk refuses: reading goes on then. */
  async committed(groupId: string): Promise<GroupOffsets> {
    await this.settled()
    return this.offsetsOf(groupId)
  }

  /** Resolves when everything that is known by now is on disk, or the disk refuses. */
  async settled(): Promise<void> {
    await this.store.settled().catch(() => {})
  }

  async deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly ErrorCode[]> {
    const known = this.offsetsOf(groupId)
    const consumer = this.consumer.find(groupId)
    const { records, errors } =
      consumer === undefined
        ? decideOffsetDelete(this.get(groupId), known, partitions)
        : decideDeletion(groupId, known, partitions, (topic) => this.consumer.isSubscribed(consumer, topic))
    const failure = await this.append(records)
    return failure === undefined ? errors : partitions.map(() => failure)
  }

  async deleteGroup(groupId: string): Promise<ErrorCode> {
    const group = this.find(groupId)
    const consumer = this.consumer.find(groupId)
    if (group === undefined && consumer === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    const isEmpty = group === undefined ? consumer!.members.size === 0 : group.state === 'Empty'
    if (!isEmpty) return ErrorCode.NON_EMPTY_GROUP
    return (await this.forget(groupId)) ?? ErrorCode.NONE
  }

  /** A topic that is gone takes the offsets committed for it along. Repeatable; rejects with StorageError. */
  forgetTopics(isGone: (topic: string) => boolean): Promise<void> {
    return upkeep.forgetTopics(this.store, isGone)
  }

  /** `offsets.retention.minutes`: forgets old offsets, and empty groups that have none. */
  async expireOffsets(): Promise<void> {
    const retentionMs = this.settings['offsets.retention.minutes'] * 60_000
    const before = { committedAt: this.clock.now() - retentionMs, emptySince: this.clock.steady() - retentionMs }
    for (const group of [...this.all()]) {
      const { groupId } = group
      const records = decideOffsetExpiry(group, this.offsetsOf(groupId), before)
      await this.carryOut({ group: this.get(groupId), records, replies: [] })
      const left = this.find(groupId)
      const isOver = left?.state === 'Empty' && left.pendingMembers.size === 0 && !hasOffsets(this.offsetsOf(groupId))
      if (isOver && left.emptySince <= before.emptySince) await this.forget(groupId)
    }
    for (const { groupId } of [...this.consumer.all()]) await this.expireOffsetsOf(groupId, before.committedAt)
  }

  /** Of a group of the consumer protocol, which goes with its last offset when nobody is in it. */
  private async expireOffsetsOf(groupId: string, before: number): Promise<void> {
    const group = this.consumer.find(groupId)
    if (group === undefined) return
    const isSubscribed = (topic: string) => this.consumer.isSubscribed(group, topic)
    await this.append(expiryRecords(groupId, this.offsetsOf(groupId), before, isSubscribed))
    const left = this.consumer.find(groupId)
    if (left?.members.size === 0 && !hasOffsets(this.offsetsOf(groupId))) await this.forget(groupId)
  }

  /** Stops all alarms; what is parked stays without an answer, for its connections are closed. */
  close(): void {
    this.alarms.close()
    this.parked.close()
  }

  private get(groupId: string): Group {
    return this.find(groupId) ?? newGroup(groupId, this.clock.steady())
  }

  /** Resolves to the error that everybody is told when the disk refuses, else to undefined. */
  private async carryOut({ group, records, replies }: Decided): Promise<ErrorCode | undefined> {
    for (const record of records) this.store.evolve(record)
    const { generation, members, pendingMembers } = group
    if (generation + members.size + pendingMembers.size > 0 || hasOffsets(this.offsetsOf(group.groupId))) {
      this.put(group)
    }
    try {
      if (records.length > 0) await this.alarms.holdWhile(this.store.append(records))
      // An answer may tell of a generation that another request has just started: that must be on disk as well.
      else if (replies.length > 0) await this.alarms.holdWhile(this.store.settled())
    } catch {
      // The log manager has reported the disk; clients retry after this error.
      for (const reply of replies) this.parked.answer(failed(reply))
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
    for (const reply of replies) this.parked.answer(reply)
    return undefined
  }

  /** Of records that say nothing of members; resolves as `carryOut` does. */
  private async append(records: readonly GroupRecord[]): Promise<ErrorCode | undefined> {
    for (const record of records) this.store.evolve(record)
    try {
      if (records.length > 0) await this.alarms.holdWhile(this.store.append(records))
      return undefined
    } catch {
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
  }

  private async forget(groupId: string): Promise<ErrorCode | undefined> {
    const record: GroupRecord = { type: 'GroupDeleted', groupId }
    const { committed } = this.offsetsOf(groupId)
    this.store.remove(groupId)
    this.store.evolve(record)
    this.alarms.cancel(groupId)
    try {
      await this.store.append([record], committed)
      return undefined
    } catch {
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
  }

  private put(group: Group): void {
    this.store.put(group)
    this.alarms.set(group.groupId)
  }

  private deadlineOf(groupId: string): number {
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined) return this.consumer.nextDeadline(consumer)
    const group = this.find(groupId)
    return group === undefined ? Infinity : nextDeadline(group)
  }

  private expire(groupId: string): void {
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined) void this.consumer.expire(consumer)
    const group = this.find(groupId)
    if (group !== undefined) void this.carryOut(decideExpiry(group, this.clock.steady()))
  }

  /** A member that had to wait for its answer could not be heard of meanwhile. */
  private noteAlive(groupId: string, memberId: string): void {
    const group = this.find(groupId)
    const member = group?.members.get(memberId)
    const lastSeen = this.clock.steady()
    if (group === undefined || member === undefined || member.lastSeen === lastSeen) return
    this.put({ ...group, members: new Map(group.members).set(memberId, { ...member, lastSeen }) })
  }
}
