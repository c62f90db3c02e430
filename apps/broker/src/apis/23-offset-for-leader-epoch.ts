import { ErrorCode, offsetForLeaderEpoch } from '#libs/kafka-protocol'
import { epochError } from '../fetch/fetch-part.ts'
import { defineHandler } from '../handler.ts'

/** OffsetForLeaderEpoch: 2-4 */
export const handleOffsetForLeaderEpoch = defineHandler({
  api: offsetForLeaderEpoch,
  advertised: { min: 2, max: 4 },
  handle: (request, { broker }) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        const log = broker.readable.find(topic)?.logs[partition]
        const errorCode = log === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : epochError(currentLeaderEpoch, log)
        if (log === undefined || errorCode !== ErrorCode.NONE) return { partition, errorCode }
        // Nothing has been written in an epoch that has not begun.
        if (leaderEpoch > log.leaderEpoch) return { partition, errorCode }
        return { partition, errorCode, ...log.endOffsetForEpoch(leaderEpoch) }
      }),
    })),
  }),
})
