import { addPartitionsToTxn, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { storageErrorCode } from '../log/log-error.ts'
import { fencedFor } from '../transactions/fenced.ts'

const FENCED_SINCE = 2

/** AddPartitionsToTxn: 0-3, what clients speak; later versions are for brokers among themselves */
export const handleAddPartitionsToTxn = defineHandler({
  api: addPartitionsToTxn,
  advertised: { min: 0, max: 3 },
  async handle(request, { broker, apiVersion }) {
    const { transactionalId, producerId, producerEpoch: epoch, topics } = request
    const isUnknown = (topic: string, partition: number) => broker.topics.find(topic)?.logs[partition] === undefined
    if (topics.some(({ name, partitions }) => partitions.some((partition) => isUnknown(name, partition)))) {
      return resultsOf(topics, (topic, partition) =>
        isUnknown(topic, partition) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.OPERATION_NOT_ATTEMPTED,
      )
    }
    if (transactionalId === '') return resultsOf(topics, () => ErrorCode.INVALID_REQUEST)
    const partitions = topics.map(({ name, partitions }) => [name, partitions] as const)
    const { errorCode, durable } = broker.transactions.add(transactionalId, {
      ...{ producerId, epoch, partitions, groups: [] },
    })
    const outcome = await durable.then(() => errorCode, storageErrorCode(ErrorCode.COORDINATOR_NOT_AVAILABLE))
    return resultsOf(topics, () => fencedFor(apiVersion, FENCED_SINCE, outcome))
  },
})

type Topics = RequestOf<typeof addPartitionsToTxn>['topics']

const resultsOf = (topics: Topics, errorOf: (topic: string, partition: number) => ErrorCode) => ({
  results: topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  })),
})
