import { ErrorCode, errorName, produce } from '#libs/kafka-protocol'
import { CLOSE, defineHandler, NO_RESPONSE, type RequestContext } from '../handler.ts'
import { StorageError } from '../log/log-error.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/**
 * Produce: 0-11, answered from 3 (librdkafka up to 2.10 gives up compression where 0 is not advertised)
 * - `acks=1` is answered when the batch is in the page cache, `acks=all` when it is on the device.
 * - The timeout is ignored: there are no replicas to wait for, and the disk answers or fails.
 * - A transactional id is refused: transactions are not supported.
 */
export const handleProduce = defineHandler({
  api: produce,
  advertised: { min: 0, max: 11 },
  lowestAnswered: 3,
  pipelined: true,
  handle(request, context) {
    const { acks } = request
    const refusal = requestError(acks, request.transactionalId)
    const appends = request.topicData.map(({ name, partitionData }) => ({
      name,
      // Every batch is appended before anything is awaited, so pipelined requests keep their order.
      partitions: partitionData.map(({ index, records }) =>
        refusal === undefined ? append(context, acks, name, index, records) : { index, error: refusal },
      ),
    }))
    if (acks === 0) {
      const failed = appends.some(({ partitions }) => partitions.some((partition) => 'error' in partition))
      return failed ? CLOSE : NO_RESPONSE
    }
    return settleAll(appends, acks)
  },
})

type Append =
  | { readonly index: number; readonly error: PartitionError }
  | {
      readonly index: number
      readonly log: PartitionLog
      readonly offset: number
      readonly end: number
      readonly logAppendTimeMs: number
    }

interface PartitionError {
  readonly errorCode: number
  readonly message: string
  readonly records?: readonly number[]
}

function requestError(acks: number, transactionalId: string | null): PartitionError | undefined {
  if (acks < -1 || acks > 1) return { errorCode: ErrorCode.INVALID_REQUIRED_ACKS, message: 'acks must be -1, 0 or 1' }
  if (transactionalId === null) return undefined
  return { errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message: 'transactions are not supported' }
}

function append(context: RequestContext, acks: number, topic: string, index: number, records: Buffer | null): Append {
  const log = context.broker.topics.find(topic)?.logs[index]
  if (log === undefined) return { index, error: { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: '' } }
  if (records === null || records.length === 0) {
    return { index, error: { errorCode: ErrorCode.INVALID_RECORD, message: 'there is no record batch' } }
  }
  if (context.apiVersion < 7 && isZstd(records)) {
    const message = 'Produce requests before version 7 may not carry zstd'
    return { index, error: { errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message } }
  }
  const { minInsyncReplicas } = log.config
  if (acks === -1 && minInsyncReplicas > 1) {
    const message = `There is 1 replica, and min.insync.replicas is ${minInsyncReplicas}`
    return { index, error: { errorCode: ErrorCode.NOT_ENOUGH_REPLICAS, message } }
  }
  const result = log.append(records)
  if (!result.ok) return { index, error: result }
  return { index, log, offset: result.baseOffset, end: result.lastOffset + 1, logAppendTimeMs: result.logAppendTime }
}

const ATTRIBUTES_LOW_BYTE = 22
const ZSTD = 4
const isZstd = (batch: Buffer): boolean =>
  batch.length > ATTRIBUTES_LOW_BYTE && (batch[ATTRIBUTES_LOW_BYTE]! & 7) === ZSTD

async function settleAll(appends: readonly { name: string; partitions: readonly Append[] }[], acks: number) {
  const responses = appends.map(({ name, partitions }) => ({
    name,
    partitionResponses: Promise.all(partitions.map((partition) => settle(partition, acks))),
  }))
  const settled = []
  for (const { name, partitionResponses } of responses)
    settled.push({ name, partitionResponses: await partitionResponses })
  return { responses: settled }
}

async function settle(append: Append, acks: number) {
  if ('error' in append) return failure(append.index, append.error)
  try {
    await (acks === -1 ? append.log.durable(append.end) : append.log.written(append.end))
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return failure(append.index, { errorCode: error.errorCode, message: error.message })
  }
  const { index, offset, logAppendTimeMs, log } = append
  return { index, errorCode: ErrorCode.NONE, baseOffset: offset, logAppendTimeMs, logStartOffset: log.logStartOffset }
}

function failure(index: number, { errorCode, message, records = [] }: PartitionError) {
  const errorMessage = message === '' ? errorName(errorCode) : message
  const recordErrors = records.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: errorMessage }))
  return { index, errorCode, baseOffset: -1, recordErrors, errorMessage }
}
