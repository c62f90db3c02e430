import { ErrorCode, listOffsets } from '#libs/kafka-protocol'
import { epochError } from '../fetch/fetch-part.ts'
import { defineHandler, type RequestContext } from '../handler.ts'
import type { IsolationLevel } from '../log/log-reader.ts'
import type { PartitionLog } from '../log/partition-log.ts'

const LATEST = -1
/** Tiered storage: the earliest offset on local disk is the earliest there is, and nothing has been tiered. */
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5

/** ListOffsets: 1-9 */
export const handleListOffsets = defineHandler({
  api: listOffsets,
  advertised: { min: 1, max: 9 },
  async handle(request, context) {
    const isolation = request.isolationLevel === 1 ? 'READ_COMMITTED' : 'READ_UNCOMMITTED'
    const topics = []
    for (const { name, partitions } of request.topics) {
      const found = partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) =>
        find(context, name, partitionIndex, currentLeaderEpoch, timestamp, isolation),
      )
      topics.push({ name, partitions: await Promise.all(found) })
    }
    return { topics }
  },
})

async function find(
  { broker }: RequestContext,
  topic: string,
  partitionIndex: number,
  clientEpoch: number,
  timestamp: number,
  isolation: IsolationLevel,
) {
  const log = broker.topics.find(topic)?.logs[partitionIndex]
  const errorCode = log === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : epochError(clientEpoch, log)
  if (log === undefined || errorCode !== ErrorCode.NONE) return { partitionIndex, errorCode }
  const { offset, timestamp: found, leaderEpoch } = await lookUp(log, timestamp, isolation)
  return { partitionIndex, errorCode, offset, timestamp: found, leaderEpoch }
}

async function lookUp(log: PartitionLog, timestamp: number, isolation: IsolationLevel) {
  if (timestamp === EARLIEST_LOCAL) return log.offsetForTimestamp(-2, isolation)
  if (timestamp === LATEST_TIERED) return { offset: -1, timestamp: -1, leaderEpoch: -1 }
  return log.offsetForTimestamp(timestamp < EARLIEST_LOCAL ? LATEST : timestamp, isolation)
}
