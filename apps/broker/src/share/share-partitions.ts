import { ErrorCode } from '#libs/kafka-protocol'
import type { Clock } from '../clock.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import {
  type AcknowledgementBatch,
  acknowledge,
  acknowledgementProblem,
  type Changed,
  type Refused,
} from './acknowledge.ts'
import { type Acquired, type Acquisition, acquire } from './acquire.ts'
import { Alarm } from './alarm.ts'
import type { ShareGroupConfig } from './group-config.ts'
import { type ShareRecord, storedSpan, type TopicIdPartition } from './records.ts'
import { expireLocks, releaseMember } from './release.ts'
import type { ShareJournal } from './share-journal.ts'
import type { ShareState } from './share-state.ts'
import { endingAt, nextLockEnd, type SharePartition, startingAt } from './window.ts'

export interface SharePartitionParts {
  readonly state: ShareState
  readonly journal: ShareJournal
  readonly clock: Clock
  configOf(groupId: string): ShareGroupConfig
}

const REFUSED_BY_DISK: Refused = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk refuses.' }

/**
 * Runs the windows of share groups: what is acknowledged is on disk before the member hears of it. All groups live on one
 * thread, so a decision is never interleaved with another.
 */
export class SharePartitions {
  private readonly alarms = new Map<string, Alarm>()
  private readonly starting = new Map<string, Promise<boolean>>()
  private readonly listeners = new Map<string, Set<() => void>>()

  constructor(private readonly parts: SharePartitionParts) {}

  find(groupId: string, at: TopicIdPartition): SharePartition | undefined {
    return this.parts.state.partition(groupId, at)
  }

  /** All that the group has read. */
  of(groupId: string): Iterable<TopicIdPartition> {
    return this.parts.state.partitionsOf(groupId)
  }

  /** Calls `listener` whenever records of the group may have become available; returns its removal. */
  onChange(groupId: string, listener: () => void): () => void {
    const known = this.listeners.get(groupId) ?? new Set()
    this.listeners.set(groupId, known.add(listener))
    return () => {
      known.delete(listener)
      if (known.size === 0 && this.listeners.get(groupId) === known) this.listeners.delete(groupId)
    }
  }

  /** The partition as its log is now; undefined when the disk refuses. The group begins where its settings say. */
  async started(groupId: string, at: TopicIdPartition, log: PartitionLog): Promise<SharePartition | undefined> {
    if (this.find(groupId, at) === undefined) {
      const key = keyOf(groupId, at)
      const underWay = this.starting.get(key) ?? this.start(groupId, at, log).finally(() => this.starting.delete(key))
      this.starting.set(key, underWay)
      if (!(await underWay)) return undefined
    }
    return this.followLog(groupId, at, log)
  }

  private async start(groupId: string, { topicId, partition }: TopicIdPartition, log: PartitionLog): Promise<boolean> {
    const { state } = this.parts
    const start = await this.firstOffset(groupId, log)
    // It may have been set by an administrator meanwhile, or the group may be gone.
    if (state.partition(groupId, { topicId, partition }) !== undefined) return true
    if (!state.groups.has(groupId)) return false
    return this.record([{ type: 'PartitionStarted', groupId, topicId, partition, start }])
  }

  private async firstOffset(groupId: string, log: PartitionLog): Promise<number> {
    const { autoOffsetReset } = this.parts.configOf(groupId)
    if (autoOffsetReset === 'earliest') return log.logStartOffset
    if (autoOffsetReset === 'latest') return log.highWatermark
    const found = await log.offsetForTimestamp(this.parts.clock.now() - autoOffsetReset.byDurationMs)
    return found.offset < 0 ? log.highWatermark : found.offset
  }

  /** Retention and DeleteRecords move the start; it is written down with the next change. */
  followLog(groupId: string, at: TopicIdPartition, log: PartitionLog): SharePartition | undefined {
    const before = this.find(groupId, at)
    if (before === undefined) return undefined
    const after = startingAt(before, log.logStartOffset)
    if (after !== before) this.parts.state.putPartition(groupId, at, after)
    return after
  }

  /** What would be handed out of what was read, and is with `commit`, in the same turn. */
  acquire(
    groupId: string,
    at: TopicIdPartition,
    wanted: Omit<Acquisition, 'lockUntil'>,
  ): (Acquired & { readonly commit: () => void }) | undefined {
    const { state, clock } = this.parts
    const before = this.find(groupId, at)
    if (before === undefined) return undefined
    const { recordLockDurationMs, deliveryCountLimit, maxRecordLocks } = this.parts.configOf(groupId)
    const lockUntil = clock.steady() + recordLockDurationMs
    const acquired = acquire(before, { ...wanted, lockUntil }, { deliveryCountLimit, maxRecordLocks })
    const commit = (): void => {
      state.putPartition(groupId, at, acquired.partition)
      this.alarmOf(groupId, at).update()
    }
    return { ...acquired, commit }
  }

  /** All of the batches or none of them; undefined when it is on disk. */
  async acknowledge(
    groupId: string,
    at: TopicIdPartition,
    memberId: string,
    batches: readonly AcknowledgementBatch[],
    mayRenew: boolean,
  ): Promise<Refused | undefined> {
    const problem = acknowledgementProblem(batches, mayRenew)
    if (problem !== undefined) return problem
    const before = this.find(groupId, at)
    if (before === undefined) {
      const errorMessage = 'The share group has not read this partition.'
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
    }
    const { recordLockDurationMs, deliveryCountLimit } = this.parts.configOf(groupId)
    const rules = { deliveryCountLimit, lockUntil: this.parts.clock.steady() + recordLockDurationMs }
    const outcome = acknowledge(before, memberId, batches, rules)
    if ('errorCode' in outcome) return outcome
    return (await this.change(groupId, at, outcome)) ? undefined : REFUSED_BY_DISK
  }

  /** What the member holds is there for others. Resolves when that is on disk, or the disk refuses. */
  async release(groupId: string, memberId: string): Promise<void> {
    const { deliveryCountLimit } = this.parts.configOf(groupId)
    const changes = Array.from(this.parts.state.partitionsOf(groupId), (at) => {
      return this.change(groupId, at, releaseMember(at.state, memberId, deliveryCountLimit))
    })
    await Promise.all(changes)
  }

  /** The log ends before what the group has read of it: a power cut took its end, and others will take those offsets. */
  async cut(groupId: string, at: TopicIdPartition, end: number): Promise<void> {
    const before = this.find(groupId, at)
    if (before === undefined || endingAt(before, end) === before) return
    const { topicId, partition } = at
    await this.record([{ type: 'PartitionCut', groupId, topicId, partition, end }])
  }

  /** Sets where the group, which need not exist, begins, whatever it knew. False when the disk refuses. */
  restart(groupId: string, starts: readonly (TopicIdPartition & { readonly start: number })[]): Promise<boolean> {
    const isNew = starts.length > 0 && !this.parts.state.groups.has(groupId)
    const group: ShareRecord[] = isNew ? [{ type: 'EpochBumped', groupId, epoch: 1 }] : []
    const records = starts.map((at): ShareRecord => ({ type: 'PartitionStarted', groupId, ...at }))
    return this.record([...group, ...records])
  }

  /** What the group knows of these topics is gone. False when the disk refuses. */
  async forgetTopics(groupIds: Iterable<string>, topicIds: readonly string[]): Promise<boolean> {
    const records: ShareRecord[] = []
    for (const groupId of groupIds) {
      const isKnown = Array.from(this.parts.state.partitionsOf(groupId)).some((at) => topicIds.includes(at.topicId))
      if (isKnown) records.push({ type: 'TopicsForgotten', groupId, topicIds })
    }
    return this.record(records)
  }

  close(): void {
    for (const alarm of this.alarms.values()) alarm.stop()
    this.alarms.clear()
  }

  private async record(records: readonly ShareRecord[]): Promise<boolean> {
    for (const record of records) this.parts.state.evolve(record)
    return this.parts.journal.append(records)
  }

  private async change(
    groupId: string,
    at: TopicIdPartition,
    { partition: after, changes }: Changed,
  ): Promise<boolean> {
    const { topicId, partition } = at
    this.parts.state.putPartition(groupId, at, after)
    this.alarmOf(groupId, at).update()
    if (changes.length === 0) return true
    this.wake(groupId)
    const spans = changes.map(storedSpan)
    const { start } = after
    return this.parts.journal.append([{ type: 'RecordsChanged', groupId, topicId, partition, start, spans }])
  }

  private wake(groupId: string): void {
    for (const listener of this.listeners.get(groupId) ?? []) listener()
  }

  private alarmOf(groupId: string, { topicId, partition }: TopicIdPartition): Alarm {
    const at = { topicId, partition }
    const key = keyOf(groupId, at)
    const known = this.alarms.get(key)
    if (known !== undefined) return known
    const nextDeadline = () => {
      const state = this.find(groupId, at)
      return state === undefined ? Infinity : nextLockEnd(state)
    }
    const forget = () => void this.alarms.delete(key)
    const alarm = new Alarm(this.parts.clock, nextDeadline, () => this.expire(groupId, at), forget)
    this.alarms.set(key, alarm)
    return alarm
  }

  private expire(groupId: string, at: TopicIdPartition): void {
    const state = this.find(groupId, at)
    if (state === undefined) return
    const { deliveryCountLimit } = this.parts.configOf(groupId)
    void this.change(groupId, at, expireLocks(state, this.parts.clock.steady(), deliveryCountLimit))
  }
}

const keyOf = (groupId: string, { topicId, partition }: TopicIdPartition): string =>
  JSON.stringify([groupId, topicId, partition])
