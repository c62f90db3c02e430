import { evolvePartition, type ShareRecord, storedSpan, type TopicIdPartition } from './records.ts'
import { evolveShareGroup, newShareGroup, type ShareGroup, snapshotOfShareGroup, type TopicOf } from './share-group.ts'
import { endingAt, newSharePartition, type SharePartition, withoutLocks } from './window.ts'

/** A partition that a group reads. */
export interface PartitionState extends TopicIdPartition {
  readonly state: SharePartition
}

/** All share groups and what they know of partitions: what the journal says, and on top of it what need not survive. */
export class ShareState {
  readonly groups = new Map<string, ShareGroup>()
  private readonly partitions = new Map<string, Map<string, PartitionState>>()

  constructor(
    private readonly topicOf: TopicOf,
    private readonly now: () => number,
  ) {}

  partition(groupId: string, at: TopicIdPartition): SharePartition | undefined {
    return this.partitions.get(groupId)?.get(keyOf(at))?.state
  }

  partitionsOf(groupId: string): Iterable<PartitionState> {
    return this.partitions.get(groupId)?.values() ?? []
  }

  putPartition(groupId: string, { topicId, partition }: TopicIdPartition, state: SharePartition): void {
    const known = this.partitions.get(groupId) ?? new Map<string, PartitionState>()
    known.set(keyOf({ topicId, partition }), { topicId, partition, state })
    this.partitions.set(groupId, known)
  }

  /** What a record that comes from the journal, or has just been decided on, says. */
  evolve(record: ShareRecord): void {
    const { groupId } = record
    switch (record.type) {
      case 'GroupDeleted':
        this.groups.delete(groupId)
        this.partitions.delete(groupId)
        break
      case 'PartitionStarted':
        this.putPartition(groupId, record, newSharePartition(record.start))
        break
      case 'RecordsChanged':
      case 'PartitionCut': {
        const known = this.partition(groupId, record) ?? newSharePartition(0)
        const next = record.type === 'PartitionCut' ? endingAt(known, record.end) : evolvePartition(known, record)
        this.putPartition(groupId, record, next)
        break
      }
      case 'TopicsForgotten':
        for (const [key, { topicId }] of this.partitions.get(groupId) ?? []) {
          if (record.topicIds.includes(topicId)) this.partitions.get(groupId)!.delete(key)
        }
        break
      default: {
        const group = this.groups.get(groupId) ?? newShareGroup(groupId)
        this.groups.set(groupId, evolveShareGroup(group, record, this.topicOf, this.now()))
      }
    }
  }

  /** The shortest sequence of records that gives all this again, but for locks. */
  *snapshot(): Generator<ShareRecord> {
    for (const group of this.groups.values()) {
      yield* snapshotOfShareGroup(group)
      const { groupId } = group
      for (const { topicId, partition, state } of this.partitionsOf(groupId)) {
        const { start, spans } = withoutLocks(state)
        yield { type: 'PartitionStarted', groupId, topicId, partition, start }
        if (spans.length === 0) continue
        yield { type: 'RecordsChanged', groupId, topicId, partition, start, spans: spans.map(storedSpan) }
      }
    }
  }
}

const keyOf = ({ topicId, partition }: TopicIdPartition): string => `${topicId}:${partition}`
