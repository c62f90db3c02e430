import { ErrorCode } from '#libs/kafka-protocol'
import type { RequestContext } from '../handler.ts'
import { AclOperation, AclResource } from '../security/authorization/acl.ts'
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
  context: RequestContext,
  member: { readonly groupId: string; readonly memberId: string },
  topics: readonly AcknowledgeTopic[],
  isRenewal: boolean,
): Promise<Acknowledged[]> {
  const { broker } = context
  const { groupId, memberId } = member
  const access = broker.authorizer?.accessOf(context)
  const mayRenew = isRenewal && broker.share.configOf(groupId).mayRenew
  const all = topics.flatMap(({ topicId, partitions }) =>
    partitions
      .filter(({ acknowledgementBatches }) => acknowledgementBatches.length > 0)
      .map(async ({ partitionIndex, acknowledgementBatches }): Promise<Acknowledged> => {
        const at = { topicId, partition: partitionIndex }
        const topic = broker.topics.findById(topicId)
        if (topic === undefined) return { ...at, refused: UNKNOWN_TOPIC }
        if (access?.may(AclOperation.read, AclResource.topic, topic.name) === false) return { ...at, refused: DENIED }
        const refused = await broker.share.partitions.acknowledge(
          ...([groupId, at, memberId, acknowledgementBatches, mayRenew] as const),
        )
        return { ...at, refused }
      }),
  )
  return Promise.all(all)
}

const DENIED: Refused = { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: 'Topic authorization failed.' }
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
