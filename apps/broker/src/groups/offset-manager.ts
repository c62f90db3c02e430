import { ErrorCode } from '#libs/kafka-protocol'
import type { Alarms } from '../alarms.ts'
import type { ConsumerGroup } from '../consumer-groups/consumer-group.ts'
import type { ConsumerGroups } from '../consumer-groups/consumer-groups.ts'
import type { ClassicGroups } from './classic-groups.ts'
import { forgetGroup } from './forget-group.ts'
import { hasOffsets } from './group-offsets.ts'
import type { GroupStore } from './group-store.ts'
import {
  type Commit,
  commitRecords,
  decideDeletion,
  decideOffsetDelete,
  decideOffsetExpiry,
  type ExpiredBefore,
  expiryRecords,
} from './offsets.ts'
import type { GroupRecord, TopicPartition } from './records.ts'

export interface OffsetManagerParts {
  readonly store: GroupStore
  readonly alarms: Alarms<string>
  readonly classic: ClassicGroups
  readonly consumer: ConsumerGroups
}

/** The committed offsets of all groups, whatever protocol they speak: who may change them, and what of them is over. */
export class OffsetManager {
  constructor(private readonly parts: OffsetManagerParts) {}

  /** What is wrong with each of the offsets, in their order. */
  commit(groupId: string, commit: Commit): Promise<readonly ErrorCode[]> {
    const { classic, consumer } = this.parts
    const group = consumer.find(groupId)
    return group === undefined ? classic.commit(groupId, commit) : this.commitOf(group, commit)
  }

  async delete(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly ErrorCode[]> {
    const { store, classic, consumer } = this.parts
    const known = store.offsetsOf(groupId)
    const group = consumer.find(groupId)
    const { records, errors } =
      group === undefined
        ? decideOffsetDelete(classic.get(groupId), known, partitions)
        : decideDeletion(groupId, known, partitions, (topic) => consumer.isSubscribed(group, topic))
    const failure = await this.append(records)
    return failure === undefined ? errors : partitions.map(() => failure)
  }

  /** Forgets what nobody has needed since, and empty groups that have no offsets then. */
  async expire(before: ExpiredBefore): Promise<void> {
    const { classic, consumer } = this.parts
    for (const { groupId } of [...classic.all()]) await this.expireClassic(groupId, before)
    for (const { groupId } of [...consumer.all()]) await this.expireConsumer(groupId, before)
  }

  private async expireClassic(groupId: string, before: ExpiredBefore): Promise<void> {
    const { store, classic } = this.parts
    const group = classic.get(groupId)
    const records = decideOffsetExpiry(group, store.offsetsOf(groupId), before)
    await classic.carryOut({ group, records, replies: [] })
    const left = classic.find(groupId)
    const isOver = left?.state === 'Empty' && left.pendingMembers.size === 0 && !hasOffsets(store.offsetsOf(groupId))
    if (isOver && left.emptySince <= before.emptySince) await forgetGroup(this.parts, groupId)
  }

  /** One of the consumer protocol goes with its last offset when nobody is in it. */
  private async expireConsumer(groupId: string, before: ExpiredBefore): Promise<void> {
    const { store, consumer } = this.parts
    const group = consumer.find(groupId)
    if (group === undefined) return
    const isSubscribed = (topic: string) => consumer.isSubscribed(group, topic)
    await this.append(expiryRecords(groupId, store.offsetsOf(groupId), before.committedAt, isSubscribed))
    const left = consumer.find(groupId)
    if (left?.members.size === 0 && !hasOffsets(store.offsetsOf(groupId))) await forgetGroup(this.parts, groupId)
  }

  private async commitOf(group: ConsumerGroup, commit: Commit): Promise<readonly ErrorCode[]> {
    const errors = this.parts.consumer.checkCommit(group, commit)
    const offsets = commit.offsets.filter((_, i) => errors[i] === ErrorCode.NONE)
    const failure = await this.append(commitRecords(group.groupId, { ...commit, offsets }))
    return errors.map((error) => (error === ErrorCode.NONE ? (failure ?? error) : error))
  }

  /** Of records that say nothing of members; resolves to the error that is answered when the disk refuses. */
  private async append(records: readonly GroupRecord[]): Promise<ErrorCode | undefined> {
    const { store, alarms } = this.parts
    for (const record of records) store.evolve(record)
    try {
      if (records.length > 0) await alarms.holdWhile(store.append(records))
      return undefined
    } catch {
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
  }
}
