import { describeQuorum, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { derivedUuid } from '../metadata/derived-uuid.ts'

const METADATA_TOPIC = '__cluster_metadata'

/**
 * DescribeQuorum: 0-2
 * - The quorum is this node, and what it knows is in a journal that has no offsets: they are answered as 0.
 */
export const handleDescribeQuorum = defineHandler({
  api: describeQuorum,
  advertised: { min: 0, max: 2 },
  handle({ topics }, { broker, listener }) {
    if (!isMetadataPartition(topics)) return { errorCode: ErrorCode.NONE, topics: topics.map(notHosted) }
    const { host, port } = listener.advertised
    return {
      errorCode: ErrorCode.NONE,
      topics: [{ topicName: METADATA_TOPIC, partitions: [quorumOf(broker)] }],
      nodes: [{ nodeId: broker.nodeId, listeners: [{ name: listener.name, host, port }] }],
    }
  },
})

type Topics = RequestOf<typeof describeQuorum>['topics']

/** Nothing but the one partition that has a quorum. */
const isMetadataPartition = ([topic, ...others]: Topics): boolean =>
  others.length === 0 &&
  topic?.topicName === METADATA_TOPIC &&
  topic.partitions.length === 1 &&
  topic.partitions[0]!.partitionIndex === 0

function quorumOf({ nodeId, logs, clusterId, clock }: Broker) {
  const now = clock.now()
  const voter = {
    replicaId: nodeId,
    replicaDirectoryId: derivedUuid(clusterId, 'directory'),
    ...{ logEndOffset: 0, lastFetchTimestamp: now, lastCaughtUpTimestamp: now },
  }
  return {
    ...{ partitionIndex: 0, errorCode: ErrorCode.NONE },
    ...{ leaderId: nodeId, leaderEpoch: logs.leaderEpoch, highWatermark: 0, currentVoters: [voter] },
  }
}

const notHosted = ({ topicName, partitions }: Topics[number]) => ({
  topicName,
  partitions: partitions.map(({ partitionIndex }) => ({
    partitionIndex,
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: 'This server does not host this topic-partition.',
  })),
})
