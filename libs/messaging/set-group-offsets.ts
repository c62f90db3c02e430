import {
  alterShareGroupOffsets,
  deleteShareGroupOffsets,
  ErrorCode,
  offsetCommit,
  offsetDelete,
} from '#libs/kafka-protocol'
import type { BrokerConnection } from './producer/broker-connection.ts'

/** Where partitions of a topic are to be for a group. */
export interface NewOffsets {
  readonly groupId: string
  readonly topic: string
  /** Null has the group forget its offset. */
  readonly partitions: readonly { readonly partition: number; readonly to: number | null }[]
}

/** Asks the group's coordinator, which refuses while somebody is in the group. Answers the first code that is an error. */
type SetOffsets = (coordinator: BrokerConnection, offsets: NewOffsets) => Promise<number>

/** The last one that Kafka 2.1 speaks; every later one does. */
const OFFSET_COMMIT_VERSION = 5

/** A commit from outside, by a member of no name. */
export const commitOffsets: SetOffsets = async (coordinator, { groupId, topic: name, partitions }) => {
  const answer = await coordinator.request(offsetCommit, OFFSET_COMMIT_VERSION, {
    ...{ groupId, generationIdOrMemberEpoch: -1, memberId: '' },
    topics: [
      {
        name,
        partitions: partitions.map(({ partition, to }) => ({
          ...{ partitionIndex: partition, committedOffset: to!, committedMetadata: null },
        })),
      },
    ],
  })
  return firstError(answer.topics.flatMap((each) => each.partitions))
}

export const deleteOffsets: SetOffsets = async (coordinator, { groupId, topic: name, partitions }) => {
  const topics = [{ name, partitions: partitions.map(({ partition: partitionIndex }) => ({ partitionIndex })) }]
  const answer = await coordinator.request(offsetDelete, 0, { groupId, topics })
  return firstError([answer, ...answer.topics.flatMap((each) => each.partitions)])
}

/** What was acknowledged behind the new start is worked again. */
export const alterShareOffsets: SetOffsets = async (coordinator, { groupId, topic: topicName, partitions }) => {
  const starts = partitions.map(({ partition, to }) => ({ partitionIndex: partition, startOffset: to! }))
  const topics = [{ topicName, partitions: starts }]
  const answer = await coordinator.request(alterShareGroupOffsets, 0, { groupId, topics })
  return firstError([answer, ...answer.responses.flatMap((each) => each.partitions)])
}

/** Of all partitions: a share group has no other way to forget. */
export const deleteShareOffsets: SetOffsets = async (coordinator, { groupId, topic: topicName }) => {
  const answer = await coordinator.request(deleteShareGroupOffsets, 0, { groupId, topics: [{ topicName }] })
  return firstError([answer, ...answer.responses])
}

const firstError = (answers: readonly { readonly errorCode: number }[]): number =>
  answers.find(({ errorCode }) => errorCode !== ErrorCode.NONE)?.errorCode ?? ErrorCode.NONE
