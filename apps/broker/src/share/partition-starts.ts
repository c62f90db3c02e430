import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicIdPartition } from './records.ts'
import type { SharePartitionParts } from './share-partitions.ts'
import { type SharePartition, startingAt } from './window.ts'

/** Where groups begin in partitions that they have not read. */
export class PartitionStarts {
  private readonly underWay = new Map<string, Promise<boolean>>()

  constructor(private readonly parts: Pick<SharePartitionParts, 'state' | 'clock' | 'configOf' | 'append'>) {}

  /** The partition as its log is now; undefined when the disk refuses. The group begins where its settings say. */
  async started(groupId: string, at: TopicIdPartition, log: PartitionLog): Promise<SharePartition | undefined> {
    if (this.parts.state.partition(groupId, at) === undefined) {
      const key = JSON.stringify([groupId, at.topicId, at.partition])
      const underWay = this.underWay.get(key) ?? this.start(groupId, at, log).finally(() => this.underWay.delete(key))
      this.underWay.set(key, underWay)
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
    const record = { type: 'PartitionStarted', groupId, topicId, partition, start } as const
    state.evolve(record)
    return this.parts.append([record])
  }

  private async firstOffset(groupId: string, log: PartitionLog): Promise<number> {
    const { autoOffsetReset } = this.parts.configOf(groupId)
    if (autoOffsetReset === 'earliest') return log.logStartOffset
    if (autoOffsetReset === 'latest') return log.highWatermark
    const found = await log.offsetForTimestamp(this.parts.clock.now() - autoOffsetReset.byDurationMs)
    return found.offset < 0 ? log.highWatermark : found.offset
  }

  /** Retention and DeleteRecords move the start; it is written down with the next change. */
  private followLog(groupId: string, at: TopicIdPartition, log: PartitionLog): SharePartition | undefined {
    const { state } = this.parts
    const before = state.partition(groupId, at)
    if (before === undefined) return undefined
    const after = startingAt(before, log.logStartOffset)
    if (after !== before) state.putPartition(groupId, at, after)
    return after
  }
}
