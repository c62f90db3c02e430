import { ErrorCode } from '#libs/kafka-protocol'
import { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import {
  type AcknowledgementBatch,
  acknowledge,
  acknowledgementProblem,
  type Changed,
  type Refused,
} from './acknowledge.ts'
import { type Acquired, type Acquisition, acquire } from './acquire.ts'
import { archived, type GiveUpRules } from './give-up.ts'
import type { ShareGroupConfig } from './group-config.ts'
import { type ShareRecord, storedSpan, type TopicIdPartition } from './records.ts'
import { expireLocks, releaseMember } from './release.ts'
import { recordsIn, type ShareMetrics } from './share-metrics.ts'
import type { PartitionState, ShareState } from './share-state.ts'
import { endingAt, firstArchiving, nextLockEnd, type SharePartition } from './window.ts'

export interface SharePartitionParts {
  readonly state: ShareState
  readonly clock: Clock
  readonly metrics: ShareMetrics
  configOf(groupId: string): ShareGroupConfig
  /** To the journal. False when the disk refuses. */
  append(records: readonly ShareRecord[]): Promise<boolean>
  /** Records of the partition wait for their dead letters, and that is on disk. */
  onGivenUp(groupId: string, at: TopicIdPartition): void
}

interface GroupPartition extends TopicIdPartition {
  readonly groupId: string
}

const REFUSED_BY_DISK: Refused = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk refuses.' }

/**
 * Runs the windows of share groups: what is acknowledged is on disk before the member hears of it. All groups live on one
 * thread, so a decision is never interleaved with another.
 */
export class SharePartitions {
  private readonly alarms: Alarms<GroupPartition>
  private readonly listeners = new Map<string, Set<() => void>>()

  constructor(private readonly parts: SharePartitionParts) {
    this.alarms = new Alarms<GroupPartition>(parts.clock, {
      keyOf: ({ groupId, topicId, partition }) => JSON.stringify([groupId, topicId, partition]),
      deadlineOf: (at) => {
        const state = this.find(at.groupId, at)
        return state === undefined ? Infinity : nextLockEnd(state)
      },
      expire: (at) => this.expire(at.groupId, at),
    })
  }

  find(groupId: string, at: TopicIdPartition): SharePartition | undefined {
    return this.parts.state.partition(groupId, at)
  }

  /** All that the group has read. */
  of(groupId: string): Iterable<PartitionState> {
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

  /** What would be handed out of what was read, and is with `commit`, in the same turn. */
  acquire(
    groupId: string,
    at: TopicIdPartition,
    wanted: Omit<Acquisition, 'lockUntil'>,
  ): (Acquired & { readonly commit: () => void }) | undefined {
    const { state, clock } = this.parts
    const before = this.find(groupId, at)
    if (before === undefined) return undefined
    const { recordLockDurationMs, maxRecordLocks } = this.parts.configOf(groupId)
    const lockUntil = clock.steady() + recordLockDurationMs
    const acquired = acquire(before, { ...wanted, lockUntil }, { ...this.giveUpRules(groupId), maxRecordLocks })
    const commit = (): void => {
      state.putPartition(groupId, at, acquired.partition)
      this.parts.metrics.acquired(groupId, at.topicId, acquired.acquired)
      this.alarms.set({ groupId, ...at })
      this.lookForGivenUp(groupId, at)
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
    const { recordLockDurationMs } = this.parts.configOf(groupId)
    const lockUntil = this.parts.clock.steady() + recordLockDurationMs
    const outcome = acknowledge(before, memberId, batches, { ...this.giveUpRules(groupId), lockUntil })
    if ('errorCode' in outcome) return outcome
    this.parts.metrics.acknowledged(groupId, at.topicId, batches, before.start)
    return (await this.change(groupId, at, outcome)) ? undefined : REFUSED_BY_DISK
  }

  /** What the member holds is there for others. Resolves when that is on disk, or the disk refuses. */
  async release(groupId: string, memberId: string): Promise<void> {
    const rules = this.giveUpRules(groupId)
    const changes = Array.from(this.parts.state.partitionsOf(groupId), (at) => {
      return this.change(groupId, at, releaseMember(at.state, memberId, rules))
    })
    await Promise.all(changes)
  }

  /** What of these records waited for its dead letter is done with. Resolves when that is on disk, or the disk refuses. */
  async archive(groupId: string, at: TopicIdPartition, done: { readonly first: number; readonly last: number }) {
    const before = this.find(groupId, at)
    if (before !== undefined) await this.change(groupId, at, archived(before, done.first, done.last))
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
    this.alarms.close()
  }

  private async record(records: readonly ShareRecord[]): Promise<boolean> {
    for (const record of records) this.parts.state.evolve(record)
    return this.parts.append(records)
  }

  private async change(
    groupId: string,
    at: TopicIdPartition,
    { partition: after, changes }: Changed,
  ): Promise<boolean> {
    const { topicId, partition } = at
    this.parts.state.putPartition(groupId, at, after)
    this.alarms.set({ groupId, topicId, partition })
    if (changes.length === 0) return true
    this.wake(groupId)
    const spans = changes.map(storedSpan)
    const { start } = after
    const isDurable = await this.parts.append([{ type: 'RecordsChanged', groupId, topicId, partition, start, spans }])
    this.lookForGivenUp(groupId, { topicId, partition })
    return isDurable
  }

  private lookForGivenUp(groupId: string, at: TopicIdPartition): void {
    const state = this.find(groupId, at)
    if (state !== undefined && firstArchiving(state) !== undefined) this.parts.onGivenUp(groupId, at)
  }

  private giveUpRules(groupId: string): GiveUpRules {
    const { deliveryCountLimit, deadLetterTopic } = this.parts.configOf(groupId)
    return { deliveryCountLimit, hasDeadLetters: deadLetterTopic !== '' }
  }

  private wake(groupId: string): void {
    for (const listener of this.listeners.get(groupId) ?? []) listener()
  }

  private expire(groupId: string, at: TopicIdPartition): void {
    const state = this.find(groupId, at)
    if (state === undefined) return
    const given = expireLocks(state, this.parts.clock.steady(), this.giveUpRules(groupId))
    const count = given.changes.reduce((sum, span) => sum + recordsIn(span), 0)
    this.parts.metrics.of(groupId, at.topicId).lockTimeouts += count
    void this.change(groupId, at, given)
  }
}
