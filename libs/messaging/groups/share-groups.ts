import { describeShareGroupOffsets, ErrorCode, shareGroupDescribe } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { askCoordinators } from './ask-groups.ts'
import { type GroupMember, memberOf } from './group-member.ts'

const DESCRIBE_VERSION = 1
/** With the lag, which Kafka computes: 4.2 to today. */
const OFFSETS_VERSION = 1

/** A share group as its coordinator sees it. */
export interface ShareGroupDescription {
  readonly groupId: string
  readonly state: string
  readonly members: readonly GroupMember[]
  /** Those that it has read. */
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    /** The first record that it is not done with. */
    readonly start: number
    /** Records that it is not done with, those that are being worked on included. */
    readonly lag: number
  }[]
}

/** What there is to know of these share groups; one that is gone meanwhile is left out. Rejects when Kafka cannot be asked. */
export const describeShareGroups = (
  options: KafkaOptions,
  groupIds: readonly string[],
): Promise<ShareGroupDescription[]> => askCoordinators(options, groupIds, describedBy)

const describedBy = async (
  connection: BrokerConnection,
  groupIds: readonly string[],
): Promise<ShareGroupDescription[]> => {
  const [{ groups }, offsets] = await Promise.all([
    connection.request(shareGroupDescribe, DESCRIBE_VERSION, { groupIds }),
    connection.request(describeShareGroupOffsets, OFFSETS_VERSION, {
      groups: groupIds.map((groupId) => ({ groupId, topics: null })),
    }),
  ])
  const topicsOf = new Map(offsets.groups.map(({ groupId, topics }) => [groupId, topics]))
  return groups
    .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    .map(({ groupId, groupState, members }) => ({
      ...{ groupId, state: groupState },
      members: members.map(memberOf),
      partitions: (topicsOf.get(groupId) ?? []).flatMap(({ topicName: topic, partitions }) =>
        partitions
          .filter(({ errorCode, startOffset }) => errorCode === ErrorCode.NONE && startOffset >= 0)
          .map(({ partitionIndex: partition, startOffset: start, lag }) => ({
            ...{ topic, partition, start },
            // -1 where Kafka does not know.
            lag: Math.max(0, lag),
          })),
      ),
    }))
}
