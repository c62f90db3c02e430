import { describeShareGroupOffsets, ErrorCode, findCoordinator, listOffsets } from '#libs/kafka-protocol'
import type { Cluster } from '../../producer/cluster.ts'
import { errorOf, TryAgain } from '../../producer/errors.ts'

/** With the lag, which Kafka computes: 4.2 to today. */
const VERSION = 1
const FIND_COORDINATOR_VERSION = 4
const LIST_OFFSETS_VERSION = 2
const EARLIEST = -2
const LATEST = -1
const GROUP = 0

/** How many records of the topic the group is not done with, those that are being worked on included. */
export const queueLag = async (
  cluster: Cluster,
  { groupId, topic }: { readonly groupId: string; readonly topic: string },
): Promise<number> => {
  await cluster.know([topic])
  const problem = cluster.problemWith(topic)
  if (problem !== undefined) throw problem
  const request = { keyType: GROUP, coordinatorKeys: [groupId] }
  const found = await (await cluster.anyConnection()).request(findCoordinator, FIND_COORDINATOR_VERSION, request)
  const [coordinator] = found.coordinators
  if (coordinator!.errorCode !== ErrorCode.NONE) throw errorOf(coordinator!.errorCode, `coordinator of ${groupId}`)
  const connection = await cluster.connectionTo(coordinator!.nodeId)
  const partitions = Array.from({ length: cluster.partitionCount(topic) }, (_, partition) => partition)
  const answer = await connection.request(describeShareGroupOffsets, VERSION, {
    groups: [{ groupId, topics: [{ topicName: topic, partitions }] }],
  })
  const [group] = answer.groups
  if (group!.errorCode !== ErrorCode.NONE) throw errorOf(group!.errorCode, groupId, group!.errorMessage)
  let lag = 0
  for (const each of group!.topics.flatMap(({ partitions: of }) => of)) {
    if (each.errorCode !== ErrorCode.NONE) throw errorOf(each.errorCode, groupId, each.errorMessage)
    // Kafka does not know of a partition of which nothing was acknowledged yet: all that is in it waits.
    lag += each.lag >= 0 ? each.lag : await recordsIn(cluster, topic, each.partitionIndex)
  }
  return lag
}

/** From its first record to its end. */
const recordsIn = async (cluster: Cluster, topic: string, partition: number): Promise<number> => {
  const place = `${topic}/${partition}`
  const leader = cluster.leaderOf(topic, partition)
  if (leader === undefined) throw new TryAgain(`${place} has no leader`)
  const connection = await cluster.connectionTo(leader)
  const offsetAt = async (timestamp: number): Promise<number> => {
    const { topics } = await connection.request(listOffsets, LIST_OFFSETS_VERSION, {
      ...{ replicaId: -1, isolationLevel: 0 },
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
    })
    const found = topics[0]?.partitions[0]
    if (found === undefined) throw new TryAgain(`nothing was said about ${place}`)
    if (found.errorCode !== ErrorCode.NONE) throw errorOf(found.errorCode, place)
    return found.offset
  }
  const [earliest, latest] = await Promise.all([offsetAt(EARLIEST), offsetAt(LATEST)])
  return latest - earliest
}
