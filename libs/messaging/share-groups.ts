import { describeShareGroupOffsets, ErrorCode, findCoordinator, shareGroupDescribe } from '#libs/kafka-protocol'
import type { KafkaOptions } from './kafka-client.ts'
import { Cluster } from './producer/cluster.ts'
import { errorOf } from './producer/errors.ts'

const FIND_COORDINATOR_VERSION = 4
const DESCRIBE_VERSION = 1
/** With the lag, which Kafka computes: 4.2 to today. */
const OFFSETS_VERSION = 1
const GROUP = 0
const TIMING = { connectMs: 1_000, requestMs: 1_500, retriesMs: [], metadataMs: 0 }

/** A share group as its coordinator sees it. */
export interface ShareGroupDescription {
  readonly groupId: string
  readonly state: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly host: string
    /** Topic → the partitions that it reads. */
    readonly assignment: Readonly<Record<string, readonly number[]>>
  }[]
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
export const describeShareGroups = async (
  options: KafkaOptions,
  groupIds: readonly string[],
): Promise<ShareGroupDescription[]> => {
  if (groupIds.length === 0) return []
  const cluster = new Cluster(options, TIMING)
  try {
    await cluster.know([])
    const request = { keyType: GROUP, coordinatorKeys: groupIds }
    const { coordinators } = await (await cluster.anyConnection()).request(
      findCoordinator,
      FIND_COORDINATOR_VERSION,
      request,
    )
    const led = Map.groupBy(coordinators, ({ key, nodeId, errorCode }) => {
      if (errorCode !== ErrorCode.NONE) throw errorOf(errorCode, `the coordinator of ${key}`)
      return nodeId
    })
    const found = await Promise.all(
      Array.from(led, ([node, groups]) =>
        describedBy(
          cluster,
          node,
          groups.map(({ key }) => key),
        ),
      ),
    )
    return found.flat()
  } finally {
    cluster.close()
  }
}

const describedBy = async (
  cluster: Cluster,
  node: number,
  groupIds: readonly string[],
): Promise<ShareGroupDescription[]> => {
  const connection = await cluster.connectionTo(node)
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
      members: members.map(({ memberId, clientId, clientHost, assignment }) => ({
        ...{ memberId, clientId, host: clientHost },
        assignment: Object.fromEntries(assignment.topicPartitions.map((each) => [each.topicName, each.partitions])),
      })),
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
