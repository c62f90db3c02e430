import { describeProducers, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler, type RequestContext } from '../handler.ts'
import { isInternalTopic } from '../internal-topics/names.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'

/** DescribeProducers: 0 */
export const handleDescribeProducers = defineHandler({
  api: describeProducers,
  advertised: { min: 0, max: 0 },
  handle(request, context) {
    const topics = request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        ...describe(context, name, partitionIndex),
      })),
    }))
    return { topics }
  },
})

function describe({ broker }: RequestContext, topic: string, partition: number) {
  const problem = topicNameProblem(topic)
  if (problem !== undefined) {
    return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: problem, activeProducers: [] }
  }
  // Nobody produces to them.
  const isShown = isInternalTopic(topic) && broker.readable.find(topic)?.logs[partition] !== undefined
  if (isShown) return { errorCode: ErrorCode.NONE, activeProducers: [] }
  const log = broker.topics.find(topic)?.logs[partition]
  if (log === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, activeProducers: [] }
  const activeProducers = Array.from(log.producers(), ([producerId, entry]) => ({
    producerId,
    producerEpoch: entry.epoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: entry.batches.at(-1)?.timestamp ?? entry.lastSeen,
    coordinatorEpoch: entry.coordinatorEpoch ?? -1,
    currentTxnStartOffset: entry.transactionStart ?? -1,
  }))
  return { errorCode: ErrorCode.NONE, activeProducers }
}
