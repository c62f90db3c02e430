import { ErrorCode, listOffsets, type RequestOf } from '#libs/kafka-protocol'
import { epochError } from '../fetch/fetch-part.ts'
import { defineHandler, type RequestContext } from '../handler.ts'
import type { ReadableLog } from '../internal-topics/readable-log.ts'
import type { IsolationLevel } from '../log/log-reader.ts'

const EARLIEST = -2
const MAX_TIMESTAMP = -3
/** Tiered storage: the earliest offset on local disk is the earliest there is, and nothing has been tiered. */
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
/** Since which version these may be asked for. */
const SINCE: Readonly<Record<number, number>> = { [MAX_TIMESTAMP]: 7, [EARLIEST_LOCAL]: 8, [LATEST_TIERED]: 9 }

type Wanted = RequestOf<typeof listOffsets>['topics'][number]['partitions'][number]

/** ListOffsets: 1-9 */
export const handleListOffsets = defineHandler({
  api: listOffsets,
  advertised: { min: 1, max: 9 },
  async handle(request, context) {
    const isolation = request.isolationLevel === 1 ? 'READ_COMMITTED' : 'READ_UNCOMMITTED'
    const topics = []
    for (const { name, partitions } of request.topics) {
      const times = Map.groupBy(partitions, ({ partitionIndex }) => partitionIndex)
      const found = Array.from(times.values(), async ([wanted, ...again]) =>
        again.length > 0
          ? { partitionIndex: wanted!.partitionIndex, errorCode: ErrorCode.INVALID_REQUEST }
          : find(context, name, wanted!, isolation),
      )
      topics.push({ name, partitions: await Promise.all(found) })
    }
    return { topics }
  },
})

async function find({ broker, apiVersion }: RequestContext, topic: string, wanted: Wanted, isolation: IsolationLevel) {
  const { partitionIndex, currentLeaderEpoch, timestamp } = wanted
  const log = broker.readable.find(topic)?.logs[partitionIndex]
  if (timestamp < EARLIEST && apiVersion < (SINCE[timestamp] ?? Infinity)) {
    return { partitionIndex, errorCode: ErrorCode.UNSUPPORTED_VERSION }
  }
  const errorCode = log === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : epochError(currentLeaderEpoch, log)
  if (log === undefined || errorCode !== ErrorCode.NONE) return { partitionIndex, errorCode }
  const { offset, timestamp: found, leaderEpoch } = await lookUp(log, timestamp, isolation)
  return { partitionIndex, errorCode, offset, timestamp: found, leaderEpoch }
}

async function lookUp(log: ReadableLog, timestamp: number, isolation: IsolationLevel) {
  if (timestamp === LATEST_TIERED) return { offset: -1, timestamp: -1, leaderEpoch: -1 }
  return log.offsetForTimestamp(timestamp === EARLIEST_LOCAL ? EARLIEST : timestamp, isolation)
}
