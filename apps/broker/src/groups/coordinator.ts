import { ErrorCode } from '#libs/kafka-protocol'
import { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { ConsumerGroups } from '../consumer-groups/consumer-groups.ts'
import type { KnownTopics } from '../consumer-groups/subscription.ts'
import type { LogManager } from '../log/log-manager.ts'
import { ClassicGroups } from './classic-groups.ts'
import { type JoinAnswer, joinError, type SyncAnswer } from './decision.ts'
import { forgetGroup } from './forget-group.ts'
import type { Group } from './group.ts'
import type { GroupOffsets } from './group-offsets.ts'
import { GroupStore, type RecordListener } from './group-store.ts'
import type { Heartbeat } from './heartbeat.ts'
import { isSessionTimeout, type Join } from './join.ts'
import type { Leaver } from './leave.ts'
import { OffsetManager } from './offset-manager.ts'
import * as upkeep from './offset-upkeep.ts'
import type { Commit } from './offsets.ts'
import type { TopicPartition } from './records.ts'
import type { Sync } from './sync.ts'

/** What groups of the consumer protocol have to know of the rest of the broker. */
export interface GroupSurroundings {
  readonly topics: KnownTopics
  groupConfigs(groupId: string): Readonly<Record<string, string>>
}

const NOWHERE: GroupSurroundings = {
  topics: { find: () => undefined, findById: () => undefined, all: () => [] },
  groupConfigs: () => ({}),
}

/** All groups and their offsets: whoever asks is sent to those who run the protocol that the group speaks. */
export class GroupCoordinator {
  readonly consumer: ConsumerGroups
  private readonly classic: ClassicGroups
  private readonly offsets: OffsetManager
  private readonly alarms: Alarms<string>

  private constructor(
    private readonly store: GroupStore,
    private readonly settings: Settings,
    private readonly clock: Clock,
    surroundings: GroupSurroundings,
  ) {
    this.alarms = new Alarms<string>(clock, {
      keyOf: (groupId) => groupId,
      deadlineOf: (groupId) => this.deadlineOf(groupId),
      expire: (groupId) => this.expire(groupId),
    })
    const parts = { store, alarms: this.alarms, settings, clock }
    const classic = new ClassicGroups(parts)
    this.classic = classic
    this.consumer = new ConsumerGroups({
      ...parts,
      topics: surroundings.topics,
      groupConfigs: (groupId) => surroundings.groupConfigs(groupId),
      adopt: (decision) => classic.carryOut(decision),
      answer: (replies) => classic.answer(replies),
    })
    this.offsets = new OffsetManager({ store, alarms: this.alarms, classic, consumer: this.consumer })
  }

  static async open(
    logs: LogManager,
    settings: Settings,
    clock: Clock,
    surroundings = NOWHERE,
  ): Promise<GroupCoordinator> {
    const store = await GroupStore.open(logs)
    const coordinator = new GroupCoordinator(store, settings, clock, surroundings)
    coordinator.classic.resume()
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
    if (!isSessionTimeout(join.sessionTimeoutMs, this.settings)) {
      return joinError(ErrorCode.INVALID_SESSION_TIMEOUT, join.memberId)
    }
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined && consumer.members.size > 0) return this.consumer.classicJoin(consumer, join)
    // One of the consumer protocol that is empty speaks the classic one again; its offsets stay.
    if (consumer !== undefined) this.classic.begin(groupId, consumer.epoch)
    return this.classic.join(groupId, join)
  }

  sync(groupId: string, sync: Omit<Sync, 'request'>): Promise<SyncAnswer> {
    const consumer = this.consumer.find(groupId)
    return consumer === undefined ? this.classic.sync(groupId, sync) : this.consumer.classicSync(consumer, sync)
  }

  heartbeat(groupId: string, heartbeat: Heartbeat): ErrorCode {
    const consumer = this.consumer.find(groupId)
    return consumer === undefined
      ? this.classic.heartbeat(groupId, heartbeat)
      : this.consumer.classicHeartbeat(consumer, heartbeat)
  }

  leave(groupId: string, leavers: readonly Leaver[]): Promise<readonly ErrorCode[]> {
    const consumer = this.consumer.find(groupId)
    return consumer === undefined ? this.classic.leave(groupId, leavers) : this.consumer.classicLeave(consumer, leavers)
  }

  /** What is wrong with each of the offsets, in their order. */
  commit(groupId: string, commit: Commit): Promise<readonly ErrorCode[]> {
    return this.offsets.commit(groupId, commit)
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

  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly ErrorCode[]> {
    return this.offsets.delete(groupId, partitions)
  }

  async deleteGroup(groupId: string): Promise<ErrorCode> {
    const group = this.find(groupId)
    const consumer = this.consumer.find(groupId)
    if (group === undefined && consumer === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    const isEmpty = group === undefined ? consumer!.members.size === 0 : group.state === 'Empty'
    if (!isEmpty) return ErrorCode.NON_EMPTY_GROUP
    return (await forgetGroup({ store: this.store, alarms: this.alarms }, groupId)) ?? ErrorCode.NONE
  }

  /** A topic that is gone takes the offsets committed for it along. Repeatable; rejects with StorageError. */
  forgetTopics(isGone: (topic: string) => boolean): Promise<void> {
    return upkeep.forgetTopics(this.store, isGone)
  }

  /** `offsets.retention.minutes`: forgets old offsets, and empty groups that have none. */
  expireOffsets(): Promise<void> {
    const retentionMs = this.settings['offsets.retention.minutes'] * 60_000
    const { clock } = this
    return this.offsets.expire({ committedAt: clock.now() - retentionMs, emptySince: clock.steady() - retentionMs })
  }

  /** Stops all alarms; what is parked stays without an answer, for its connections are closed. */
  close(): void {
    this.alarms.close()
    this.classic.close()
  }

  private deadlineOf(groupId: string): number {
    const consumer = this.consumer.find(groupId)
    return consumer === undefined ? this.classic.nextDeadline(groupId) : this.consumer.nextDeadline(consumer)
  }

  private expire(groupId: string): void {
    const consumer = this.consumer.find(groupId)
    if (consumer !== undefined) void this.consumer.expire(consumer)
    else this.classic.expire(groupId)
  }
}
