import type { AcknowledgementBatch } from './acknowledge.ts'
import type { AcquiredRecords } from './acquire.ts'

/** As metrics call the ways to acknowledge, by the protocol's numbers. */
export const ACKNOWLEDGEMENTS = ['gap', 'accept', 'release', 'reject', 'renew'] as const

/** Records of one topic that passed through a share group since the broker started. */
export interface ShareCounts {
  /** Acquired, by which of their deliveries it was: 1 is the first. */
  readonly acquired: Map<number, number>
  /** Acknowledged, by the number of the way. */
  readonly acknowledged: number[]
  /** Given back because their lock ran out. */
  lockTimeouts: number
  /** Dead letters written. */
  deadLetters: number
  /** Archived without the dead letter that they should have had. */
  deadLettersLost: number
}

/** Counts what share groups do, by group and topic id. */
export class ShareMetrics {
  private readonly groups = new Map<string, Map<string, ShareCounts>>()

  of(groupId: string, topicId: string): ShareCounts {
    const topics = this.groups.get(groupId) ?? new Map<string, ShareCounts>()
    const counts = topics.get(topicId) ?? newCounts()
    this.groups.set(groupId, topics.set(topicId, counts))
    return counts
  }

  acquired(groupId: string, topicId: string, ranges: readonly AcquiredRecords[]): void {
    const { acquired } = this.of(groupId, topicId)
    for (const range of ranges) {
      const { deliveryCount } = range
      acquired.set(deliveryCount, (acquired.get(deliveryCount) ?? 0) + recordsIn(range))
    }
  }

  /** Offsets below `start` were done with before. */
  acknowledged(groupId: string, topicId: string, batches: readonly AcknowledgementBatch[], start: number): void {
    const { acknowledged } = this.of(groupId, topicId)
    for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
      if (lastOffset < start) continue
      if (acknowledgeTypes.length === 1) {
        acknowledged[acknowledgeTypes[0]!]! += lastOffset - Math.max(firstOffset, start) + 1
      } else for (const type of acknowledgeTypes.slice(Math.max(0, start - firstOffset))) acknowledged[type]!++
    }
  }

  forgetGroup(groupId: string): void {
    this.groups.delete(groupId)
  }

  forgetTopics(topicIds: readonly string[]): void {
    for (const topics of this.groups.values()) for (const topicId of topicIds) topics.delete(topicId)
  }

  *entries(): Generator<readonly [groupId: string, topicId: string, counts: ShareCounts]> {
    for (const [groupId, topics] of this.groups) {
      for (const [topicId, counts] of topics) yield [groupId, topicId, counts]
    }
  }
}

/** How many offsets these are, both ends included. */
export const recordsIn = ({ first, last }: { readonly first: number; readonly last: number }): number =>
  last - first + 1

const newCounts = (): ShareCounts => ({
  ...{ acquired: new Map(), acknowledged: ACKNOWLEDGEMENTS.map(() => 0) },
  ...{ lockTimeouts: 0, deadLetters: 0, deadLettersLost: 0 },
})
