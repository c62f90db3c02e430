import { alterReplicaLogDirs, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/**
 * AlterReplicaLogDirs: 1-2
 * - There is one directory: a partition can only be moved to where it is.
 */
export const handleAlterReplicaLogDirs = defineHandler({
  api: alterReplicaLogDirs,
  advertised: { min: 1, max: 2 },
  handle({ dirs }, { broker }) {
    const outcome = (path: string, topic: string, partition: number): ErrorCode => {
      if (path !== broker.dataDir) return ErrorCode.LOG_DIR_NOT_FOUND
      const isHere = broker.topics.find(topic)?.logs[partition] !== undefined
      return isHere ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    }
    const results = dirs.flatMap(({ path, topics }) =>
      topics.map(({ name: topicName, partitions }) => ({
        topicName,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          errorCode: outcome(path, topicName, partitionIndex),
        })),
      })),
    )
    return { results }
  },
})
