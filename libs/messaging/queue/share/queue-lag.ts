import { describeShareGroupOffsets, ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import type { Cluster } from '../../producer/cluster.ts'
import { errorOf, TryAgain } from '../../producer/errors.ts'

/** With the lag, which Kafka computes: 4.2 to today. */
const VERSION = 1
const FIND_COORDINATOR_VERSION = 4
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
    if (each.lag < 0) throw new TryAgain(`nobody of ${groupId} has read partition ${each.partitionIndex} yet`)
    lag += each.lag
  }
  return lag
}
