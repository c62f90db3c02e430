import { ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import type { AcknowledgementBatch, Refused } from './acknowledge.ts'
import type { TopicIdPartition } from './records.ts'

/** What a request acknowledges, as both of the APIs that may say it. */
export interface AcknowledgeTopic {
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly acknowledgementBatches: readonly AcknowledgementBatch[]
  }[]
}

export interface Acknowledged extends TopicIdPartition {
  readonly refused: Refused | undefined
}

/** Partition by partition, each all or nothing; resolves when what was acknowledged is on disk. */
export function acknowledgeAll(
  broker: Broker,
  member: { readonly groupId: string; readonly memberId: string },
  topics: readonly AcknowledgeTopic[],
  isRenewal: boolean,
): Promise<Acknowledged[]> {
  const { groupId, memberId } = member
  const mayRenew = isRenewal && broker.share.configOf(groupId).mayRenew
  const all = topics.flatMap(({ topicId, partitions }) =>
    partitions
      .filter(({ acknowledgementBatches }) => acknowledgementBatches.length > 0)
      .map(async ({ partitionIndex, acknowledgementBatches }): Promise<Acknowledged> => {
        const at = { topicId, partition: partitionIndex }
        if (broker.topics.findById(topicId) === undefined) return { ...at, refused: UNKNOWN_TOPIC }
        const refused = await broker.share.partitions.acknowledge(
          ...([groupId, at, memberId, acknowledgementBatches, mayRenew] as const),
        )
        return { ...at, refused }
      }),
  )
  return Promise.all(all)
}

const UNKNOWN_TOPIC: Refused = { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, errorMessage: 'There is no topic of this id.' }

/** The partitions of an answer, by topic, in the order in which they come. */
export function byTopic<T extends TopicIdPartition>(parts: readonly T[]): { topicId: string; partitions: T[] }[] {
  const topics = new Map<string, T[]>()
  for (const part of parts) {
    const known = topics.get(part.topicId)
    if (known === undefined) topics.set(part.topicId, [part])
    else known.push(part)
  }
  return Array.from(topics, ([topicId, partitions]) => ({ topicId, partitions }))
}
