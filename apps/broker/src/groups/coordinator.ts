import { ErrorCode } from '#libs/kafka-protocol'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { RecordLog } from '../journal/record-log.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { Offsets } from './committed-offsets.ts'
import { type JoinAnswer, joinError, type Reply, type SyncAnswer, syncError } from './decision.ts'
import { decideExpiry, nextDeadline } from './expiry.ts'
import { evolveGroup, type Group, newGroup, resumeGroup } from './group.ts'
import {
  evolveOffsets,
  type GroupOffsets,
  hasOffsets,
  NO_OFFSETS,
  partitionsOf,
  snapshotOfOffsets,
  topicsOf,
} from './group-offsets.ts'
import { decideHeartbeat, type Heartbeat } from './heartbeat.ts'
import { decideJoin, type Join } from './join.ts'
import { decideLeave, type Leaver } from './leave.ts'
import { type Commit, decideCommit, decideOffsetDelete, decideOffsetExpiry, decideTransactionEnd } from './offsets.ts'
import { offsetsBeyondEnd } from './offsets-beyond-end.ts'
import { type GroupRecord, snapshotOfGroup, type TopicPartition } from './records.ts'
import { decideSync, type Sync } from './sync.ts'

/**
 * Even without a delay consumers that start together shall begin together, and not with two generations of which the
 * second moves what the first has given. Each looks for its coordinator and connects to it, so what was started in the
 * same millisecond arrives up to 70 ms apart, with librdkafka on a busy machine. Kafka takes about as long to answer the
 * first; here it would be answered at once.
 */
const SHORTEST_INITIAL_DELAY_MS = 100

/** `meant`: the offsets that the record ends or deletes without naming them. */
type RecordListener = (record: GroupRecord, meant: Offsets | undefined) => void

/** A decision that is made. */
interface Decided {
  readonly group: Group
  readonly records: readonly GroupRecord[]
  readonly replies: readonly Reply[]
}

/**
 * Runs the groups: asks the deciders, puts their records on disk, then answers. All groups live on one thread, so a
 * decision is never interleaved with another.
 *
 * Crash story: an answer that a client has seen is on disk. What is not (heartbeats, an open join phase) is found again
 * by the members themselves: they are known after the restart and get a full session to carry on.
 */
export class GroupCoordinator {
  /** Every group that is known, if only because somebody has committed offsets for it. */
  private readonly groups = new Map<string, Group>()
  private readonly offsets = new Map<string, GroupOffsets>()
  private readonly listeners = new Set<RecordListener>()
  private readonly alarms = new Map<string, { readonly at: number; readonly cancel: () => void }>()
  private readonly parked = new Map<number, (reply: Reply) => void>()
  /** Decisions that are made and wait for the disk. */
  private awaitingDisk = 0
  /** Groups whose deadline came meanwhile: clients wait for answers, and cannot be blamed for their silence. */
  private readonly heldUp = new Set<string>()
  private nextRequest = 1
  private records!: RecordLog<GroupRecord>
  private readonly settings: Settings
  private readonly clock: Clock

  private constructor(settings: Settings, clock: Clock) {
    this.settings = settings
    this.clock = clock
  }

  static async open(logs: LogManager, settings: Settings, clock: Clock): Promise<GroupCoordinator> {
    const coordinator = new GroupCoordinator(settings, clock)
    const { groups } = coordinator
    coordinator.records = await RecordLog.open<GroupRecord>(
      logs,
      'groups',
      (record) => {
        coordinator.evolve(record)
        if (record.type === 'GroupDeleted') groups.delete(record.groupId)
        else groups.set(record.groupId, evolveGroup(groups.get(record.groupId) ?? newGroup(record.groupId, 0), record))
      },
      function* () {
        for (const group of groups.values()) {
          yield* snapshotOfGroup(group)
          yield* snapshotOfOffsets(group.groupId, coordinator.offsetsOf(group.groupId))
        }
      },
    )
    for (const group of [...groups.values()]) coordinator.put(resumeGroup(group, clock.steady()))
    if (logs.lastStop === 'POWER_CUT') await coordinator.bringBackOffsets(logs)
    return coordinator
  }

  all(): Iterable<Group> {
    return this.groups.values()
  }

  find(groupId: string): Group | undefined {
    return this.groups.get(groupId)
  }

  /** What is committed and pending, whether it is on disk or not. */
  offsetsOf(groupId: string): GroupOffsets {
    return this.offsets.get(groupId) ?? NO_OFFSETS
  }

  /** Calls `listener` with every record once it is on disk. It must not throw. */
  onRecord(listener: RecordListener): void {
    this.listeners.add(listener)
  }

  async join(groupId: string, join: Omit<Join, 'request'>): Promise<JoinAnswer> {
    const { settings } = this
    const { sessionTimeoutMs, memberId } = join
    const isTooShort = sessionTimeoutMs < settings['group.min.session.timeout.ms']
    if (isTooShort || sessionTimeoutMs > settings['group.max.session.timeout.ms']) {
      return joinError(ErrorCode.INVALID_SESSION_TIMEOUT, memberId)
    }
    const rules = {
      now: this.clock.steady(),
      initialDelayMs: Math.max(settings['group.initial.rebalance.delay.ms'], SHORTEST_INITIAL_DELAY_MS),
      maxSize: settings['group.max.size'],
    }
    const { request, reply } = this.park()
    this.carryOut(decideJoin(this.get(groupId), { ...join, request }, rules))
    const answer = await reply
    return 'join' in answer ? answer.join : joinError(ErrorCode.UNKNOWN_SERVER_ERROR, memberId)
  }

  async sync(groupId: string, sync: Omit<Sync, 'request'>): Promise<SyncAnswer> {
    const { request, reply } = this.park()
    this.carryOut(decideSync(this.get(groupId), { ...sync, request }, this.clock.steady()))
    const answer = await reply
    return 'sync' in answer ? answer.sync : syncError(ErrorCode.UNKNOWN_SERVER_ERROR)
  }

  heartbeat(groupId: string, heartbeat: Heartbeat): ErrorCode {
    const { decision, errorCode } = decideHeartbeat(this.get(groupId), heartbeat, this.clock.steady())
    this.carryOut(decision)
    return errorCode
  }

  async leave(groupId: string, leavers: readonly Leaver[]): Promise<readonly ErrorCode[]> {
    const { decision, errors } = decideLeave(this.get(groupId), leavers, this.clock.steady())
    const failure = await this.carryOut(decision)
    return failure === undefined ? errors : leavers.map(() => failure)
  }

  async commit(groupId: string, commit: Commit): Promise<ErrorCode> {
    const isNew = !this.groups.has(groupId)
    const { decision, errorCode } = decideCommit(this.get(groupId), commit, isNew, this.clock.steady())
    const failure = await this.carryOut(decision)
    this.hearOf(groupId, commit.memberId)
    return failure ?? errorCode
  }

  /** Offsets pending for this producer count from now on, or are dropped. Idempotent; rejects with StorageError. */
  async endTransaction(groupId: string, producerId: number, commit: boolean): Promise<void> {
    if (!this.groups.has(groupId)) return
    const before = this.offsetsOf(groupId)
    const records = decideTransactionEnd(groupId, before, producerId, commit)
    for (const record of records) this.evolve(record)
    // Without a record as with one: what an earlier attempt could not write down is written down now.
    await this.append(records, before.pending.get(producerId))
  }

  *openTransactions(): Generator<{ readonly groupId: string; readonly producerId: number }> {
    for (const [groupId, { pending }] of this.offsets) {
      for (const producerId of pending.keys()) yield { groupId, producerId }
    }
  }

  /** The group's offsets with nothing in them that a crash could take back, unless the disk refuses: reading goes on then. */
  async committed(groupId: string): Promise<GroupOffsets> {
    await this.settled()
    return this.offsetsOf(groupId)
  }

  /** Resolves when everything that is known by now is on disk, or the disk refuses. */
  async settled(): Promise<void> {
    await this.records.settled().catch(() => {})
  }

  async deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly ErrorCode[]> {
    const group = this.get(groupId)
    const { records, errors } = decideOffsetDelete(group, this.offsetsOf(groupId), partitions)
    const failure = await this.carryOut({ group, records, replies: [] })
    return failure === undefined ? errors : partitions.map(() => failure)
  }

  async deleteGroup(groupId: string): Promise<ErrorCode> {
    const group = this.groups.get(groupId)
    if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    if (group.state !== 'Empty') return ErrorCode.NON_EMPTY_GROUP
    return (await this.forget(group)) ?? ErrorCode.NONE
  }

  /**
   * A topic that is gone takes the offsets committed for it along, as a new one of that name starts from nothing.
   * Repeatable; rejects with StorageError.
   */
  async forgetTopics(isGone: (topic: string) => boolean): Promise<void> {
    const records = [...this.offsets].flatMap(([groupId, known]): GroupRecord[] => {
      const offsets = topicsOf(known)
        .filter(isGone)
        .flatMap((topic) => partitionsOf(known, topic))
      return offsets.length === 0 ? [] : [{ type: 'OffsetsDeleted', groupId, offsets }]
    })
    for (const record of records) this.evolve(record)
    // Without a record as with one: what an earlier attempt could not write down is written down now.
    await this.append(records)
  }

  /** `offsets.retention.minutes`: forgets old offsets, and empty groups that have none. */
  async expireOffsets(): Promise<void> {
    const retentionMs = this.settings['offsets.retention.minutes'] * 60_000
    const before = { committedAt: this.clock.now() - retentionMs, emptySince: this.clock.steady() - retentionMs }
    for (const group of [...this.groups.values()]) {
      const { groupId } = group
      const records = decideOffsetExpiry(group, this.offsetsOf(groupId), before)
      await this.carryOut({ group: this.get(groupId), records, replies: [] })
      const left = this.groups.get(groupId)
      const isOver = left?.state === 'Empty' && left.pendingMembers.size === 0 && !hasOffsets(this.offsetsOf(groupId))
      if (isOver && left.emptySince <= before.emptySince) await this.forget(left)
    }
  }

  /** Answers everything that is parked and stops all alarms. */
  close(): void {
    for (const { cancel } of this.alarms.values()) cancel()
    this.alarms.clear()
    this.parked.clear()
  }

  /** The logs are open: what they lost must not be skipped when others take its place. */
  private async bringBackOffsets(logs: LogManager): Promise<void> {
    const endOf = (topic: string, partition: number) => logs.partition(topic, partition)?.logEndOffset
    for (const [groupId, offsets] of this.offsets) {
      const records = offsetsBeyondEnd(groupId, offsets, endOf)
      if (records.length === 0) continue
      for (const record of records) this.evolve(record)
      await this.records.append(records)
    }
  }

  private get(groupId: string): Group {
    return this.groups.get(groupId) ?? newGroup(groupId, this.clock.steady())
  }

  private park() {
    const request = this.nextRequest++
    const reply = new Promise<Reply>((resolve) => this.parked.set(request, resolve))
    return { request, reply }
  }

  /** Resolves to the error that everybody is told when the disk refuses, else to undefined. */
  private async carryOut(decision: Decided): Promise<ErrorCode | undefined> {
    const { group, records, replies } = decision
    for (const record of records) this.evolve(record)
    const { generation, members, pendingMembers } = group
    if (generation + members.size + pendingMembers.size > 0 || hasOffsets(this.offsetsOf(group.groupId))) {
      this.put(group)
    }
    this.awaitingDisk++
    try {
      if (records.length > 0) await this.append(records)
      // An answer may tell of a generation that another request has just started: that must be on disk as well.
      else if (replies.length > 0) await this.records.settled()
    } catch {
      // The log manager has reported the disk; clients retry after this error.
      for (const reply of replies) this.answer(failed(reply))
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    } finally {
      this.awaitingDisk--
      this.resumeHeldUp()
    }
    for (const reply of replies) this.answer(reply)
    return undefined
  }

  private answer(reply: Reply): void {
    this.parked.get(reply.to)?.(reply)
    this.parked.delete(reply.to)
  }

  private async forget(group: Group): Promise<ErrorCode | undefined> {
    const record: GroupRecord = { type: 'GroupDeleted', groupId: group.groupId }
    const { committed } = this.offsetsOf(group.groupId)
    this.groups.delete(group.groupId)
    this.evolve(record)
    this.alarms.get(group.groupId)?.cancel()
    this.alarms.delete(group.groupId)
    try {
      await this.append([record], committed)
      return undefined
    } catch {
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
  }

  /** What the record says of offsets; what it says of members is in the decision that led to it. */
  private evolve(record: GroupRecord): void {
    const { groupId } = record
    const before = this.offsetsOf(groupId)
    const after = evolveOffsets(before, record)
    if (after === before) return
    if (hasOffsets(after)) this.offsets.set(groupId, after)
    else this.offsets.delete(groupId)
  }

  private async append(records: readonly GroupRecord[], meant?: Offsets): Promise<void> {
    await this.records.append(records)
    for (const listener of this.listeners) for (const record of records) listener(record, meant)
  }

  private put(group: Group): void {
    this.groups.set(group.groupId, group)
    this.setAlarm(group)
  }

  /** Deadlines mostly move away, so an alarm that rings early just looks again instead of being moved each time. */
  private setAlarm(group: Group): void {
    const at = nextDeadline(group)
    const before = this.alarms.get(group.groupId)
    if (before !== undefined && before.at <= at) return
    before?.cancel()
    this.alarms.delete(group.groupId)
    if (at === Infinity) return
    const cancel = this.clock.after(at - this.clock.steady(), () => this.ring(group.groupId))
    this.alarms.set(group.groupId, { at, cancel })
  }

  private ring(groupId: string): void {
    this.alarms.delete(groupId)
    const group = this.groups.get(groupId)
    if (group === undefined) return
    if (nextDeadline(group) > this.clock.steady()) this.setAlarm(group)
    else if (this.awaitingDisk > 0) this.heldUp.add(groupId)
    else void this.carryOut(decideExpiry(group, this.clock.steady()))
  }

  /** The disk has answered: what waited behind it on the connections is read before anybody is found missing. */
  private resumeHeldUp(): void {
    if (this.awaitingDisk > 0 || this.heldUp.size === 0) return
    const groupIds = [...this.heldUp]
    this.heldUp.clear()
    for (const group of groupIds.map((groupId) => this.groups.get(groupId)))
      if (group !== undefined) this.setAlarm(group)
  }

  /** A member that had to wait for its answer could not be heard of meanwhile. */
  private hearOf(groupId: string, memberId: string): void {
    const group = this.groups.get(groupId)
    const member = group?.members.get(memberId)
    const lastSeen = this.clock.steady()
    if (group === undefined || member === undefined || member.lastSeen === lastSeen) return
    this.put({ ...group, members: new Map(group.members).set(memberId, { ...member, lastSeen }) })
  }
}

function failed(reply: Reply): Reply {
  const errorCode = ErrorCode.COORDINATOR_NOT_AVAILABLE
  return 'join' in reply
    ? { to: reply.to, join: joinError(errorCode, reply.join.memberId) }
    : { to: reply.to, sync: syncError(errorCode) }
}
