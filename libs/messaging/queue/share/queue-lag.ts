import { describeShareGroupOffsets, ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../../kafka-client.ts'
import type { Cluster } from '../../producer/cluster.ts'
import { errorOf, TryAgain } from '../../producer/errors.ts'
import { topicOffsets } from '../../topic-offsets.ts'

/** With the lag, which Kafka computes: 4.2 to today. */
const VERSION = 1
const FIND_COORDINATOR_VERSION = 4
const GROUP = 0

export interface QueueLagOptions extends KafkaOptions {
  readonly groupId: string
  readonly topic: string
}

/** How many records of the topic the group is not done with, those that are being worked on included. */
export const queueLag = async (cluster: Cluster, options: QueueLagOptions): Promise<number> => {
  const { groupId, topic } = options
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
  const described = group!.topics.flatMap(({ partitions: of }) => of)
  for (const { errorCode, errorMessage } of described)
    if (errorCode !== ErrorCode.NONE) throw errorOf(errorCode, groupId, errorMessage)
  const untouched = described.filter(({ lag }) => lag < 0).map(({ partitionIndex }) => partitionIndex)
  const known = described.reduce((sum, { lag }) => sum + Math.max(0, lag), 0)
  return untouched.length === 0 ? known : known + (await recordsIn(options, untouched))
}

/** Kafka does not know of a partition of which nothing was acknowledged yet: all that is in it waits. */
const recordsIn = async ({ topic, ...kafka }: QueueLagOptions, partitions: readonly number[]): Promise<number> => {
  const offsets = (await topicOffsets(kafka, [topic])).get(topic)
  if (offsets === undefined) throw new TryAgain(`${topic} cannot be asked for its offsets now`)
  const waiting = offsets.filter(({ partition }) => partitions.includes(partition))
  return waiting.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
}
