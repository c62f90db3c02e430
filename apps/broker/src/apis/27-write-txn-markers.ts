import { ErrorCode, type RequestOf, writeTxnMarkers } from '#libs/kafka-protocol'
import { defineHandler, type RequestContext } from '../handler.ts'
import { storageErrorCode } from '../log/log-error.ts'

/** Markers of this transaction version are of a newer epoch than what they end. */
const BUMPED = 2

/** WriteTxnMarkers: 1-2, by which administrators abort what hangs in a partition */
export const handleWriteTxnMarkers = defineHandler({
  api: writeTxnMarkers,
  advertised: { min: 1, max: 2 },
  async handle(request, context) {
    const markers = request.markers.map(async (marker) => ({
      producerId: marker.producerId,
      topics: await Promise.all(
        marker.topics.map(async ({ name, partitionIndexes }) => ({
          name,
          partitions: await Promise.all(
            partitionIndexes.map(async (partitionIndex) => ({
              partitionIndex,
              errorCode: await write(context, marker, name, partitionIndex),
            })),
          ),
        })),
      ),
    }))
    return { markers: await Promise.all(markers) }
  },
})

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number]

async function write({ broker }: RequestContext, marker: Marker, topic: string, partition: number): Promise<ErrorCode> {
  const log = broker.topics.find(topic)?.logs[partition]
  if (log === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const { producerId, producerEpoch: epoch, transactionResult: commit, coordinatorEpoch, transactionVersion } = marker
  const result = log.appendMarker({ producerId, epoch, commit, coordinatorEpoch }, transactionVersion >= BUMPED)
  if (!result.ok) return result.errorCode
  const durable = log.durable(result.lastOffset + 1)
  return durable.then(() => ErrorCode.NONE, storageErrorCode(ErrorCode.KAFKA_STORAGE_ERROR))
}
