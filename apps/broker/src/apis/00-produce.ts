import {
  BATCH_OVERHEAD,
  batchAttributes,
  batchProducerId,
  ErrorCode,
  errorName,
  isTransactional,
  produce,
} from '#libs/kafka-protocol'
import { CLOSE, defineHandler, NO_RESPONSE, type RequestContext } from '../handler.ts'
import { isInternalTopic } from '../internal-topics/names.ts'
import { StorageError } from '../log/log-error.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Topic } from '../metadata/topics.ts'
import { type Admitted, admitBatch, produceVersions } from '../transactions/admission.ts'

/**
 * Produce: 0-13, answered from 3 (librdkafka up to 2.10 gives up compression where 0 is not advertised)
 * - `acks=1` is answered when the batch is in the page cache, `acks=all` when it is on the device.
 * - The timeout is ignored: there are no replicas to wait for, and the disk answers or fails.
 */
export const handleProduce = defineHandler({
  api: produce,
  advertised: { min: 0, max: 13 },
  lowestAnswered: 3,
  pipelined: true,
  keepsNothing: true,
  handle(request, context) {
    const { acks, transactionalId } = request
    const isAcksValid = acks >= -1 && acks <= 1
    const appends = request.topicData.map(({ name, topicId, partitionData }) => {
      const topic = findTopic(context, name, topicId)
      return {
        name,
        topicId,
        // Every batch is appended before anything is awaited, so pipelined requests keep their order.
        partitions: partitionData.map(({ index, records }) =>
          isAcksValid ? append(context, transactionalId, topic, index, records) : { index, error: INVALID_ACKS },
        ),
      }
    })
    return acks === 0 ? settleUnanswered(appends) : settleAll(appends, acks)
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
      /** When the transaction that the batch begins here is known to be begun. */
      readonly admitted: Promise<void> | undefined
    }

interface PartitionError {
  readonly errorCode: number
  readonly message: string
  readonly records?: readonly number[]
}

const INVALID_ACKS = { errorCode: ErrorCode.INVALID_REQUIRED_ACKS, message: 'acks must be -1, 0 or 1' }

const TOPIC_IDS_SINCE = 13

/** The topic, or the error that stands for it. */
function findTopic({ broker, apiVersion }: RequestContext, name: string, topicId: string): Topic | PartitionError {
  const byId = apiVersion >= TOPIC_IDS_SINCE
  const errorCode = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const readable = byId ? broker.readable.findById(topicId) : broker.readable.find(name)
  if (readable !== undefined && isInternalTopic(readable.name)) {
    return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, message: `Cannot append to internal topic ${readable.name}` }
  }
  return (byId ? broker.topics.findById(topicId) : broker.topics.find(name)) ?? { errorCode, message: '' }
}

function append(
  context: RequestContext,
  transactionalId: string | null,
  topic: Topic | PartitionError,
  index: number,
  records: Buffer | null,
): Append {
  if ('errorCode' in topic) return { index, error: topic }
  const log = topic.logs[index]
  if (log === undefined) return { index, error: { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: '' } }
  if (records === null || records.length === 0) {
    return { index, error: { errorCode: ErrorCode.INVALID_RECORD, message: 'there is no record batch' } }
  }
  if (context.apiVersion < 7 && isZstd(records)) {
    const message = 'Produce requests before version 7 may not carry zstd'
    return { index, error: { errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message } }
  }
  const begun = transactionalId === null ? undefined : beginTransaction(context, transactionalId, log, records)
  if (begun?.ok === false) return { index, error: begun }
  const result = log.append(records, begun !== undefined)
  if (!result.ok) {
    context.broker.traffic.of(topic.name).refused++
    return { index, error: result }
  }
  const { baseOffset: offset, lastOffset, logAppendTime: logAppendTimeMs } = result
  if (!result.duplicate) context.broker.traffic.appended(topic.name, records.length, lastOffset - offset + 1)
  // Whoever wrote the original may not have been answered yet, because its transaction was not known to be begun.
  const isAgain = result.duplicate && transactionalId !== null
  const admitted = isAgain ? context.broker.transactions.settled() : begun?.durable
  return { index, log, offset, end: lastOffset + 1, logAppendTimeMs, admitted }
}

/** Undefined where there is nothing to begin: the batch is not transactional, or goes on with what is open. */
function beginTransaction(
  { broker, apiVersion }: RequestContext,
  transactionalId: string,
  log: PartitionLog,
  batch: Buffer,
): Admitted | undefined {
  if (batch.length < BATCH_OVERHEAD || !isTransactional(batchAttributes(batch))) return undefined
  const isKnown = broker.transactions.find(transactionalId)?.producerId === batchProducerId(batch)
  const continues = log.continuesTransaction(batch, apiVersion >= produceVersions.adds, isKnown)
  if (typeof continues === 'object') return continues
  if (continues) return undefined
  return admitBatch(broker.transactions, transactionalId, batch, log.topic, log.partition, apiVersion)
}

const ATTRIBUTES_LOW_BYTE = 22
const ZSTD = 4
const isZstd = (batch: Buffer): boolean =>
  batch.length > ATTRIBUTES_LOW_BYTE && (batch[ATTRIBUTES_LOW_BYTE]! & 7) === ZSTD

interface TopicAppends {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly Append[]
}

/** Nobody waits for it, but until it is written the memory in which it came is in use. */
async function settleUnanswered(appends: readonly TopicAppends[]): Promise<typeof CLOSE | typeof NO_RESPONSE> {
  const { responses } = await settleAll(appends, 0)
  const isRefused = ({ errorCode }: { readonly errorCode: number }) => errorCode !== ErrorCode.NONE
  return responses.some((topic) => topic.partitionResponses.some(isRefused)) ? CLOSE : NO_RESPONSE
}

/** Everything is waited for at once; the answers are then put together in the order of the request. */
async function settleAll(appends: readonly TopicAppends[], acks: number) {
  const failures = appends.map(({ partitions }) => partitions.map((append) => failureOf(append, acks)))
  const responses = []
  for (const [i, { name, topicId, partitions }] of appends.entries()) {
    const partitionResponses = []
    for (const [j, append] of partitions.entries()) partitionResponses.push(answer(append, await failures[i]![j]))
    responses.push({ name, topicId, partitionResponses })
  }
  return { responses }
}

/** Resolves when the append is as safe as was asked for, or with what went wrong; undefined for one that was refused. */
function failureOf(append: Append, acks: number): Promise<unknown> | undefined {
  if ('error' in append) return undefined
  const { log, end, admitted } = append
  const stored = acks === -1 ? log.durable(end) : log.written(end)
  const safe: Promise<unknown> = admitted === undefined ? stored : both(stored, admitted)
  return safe.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Waits for the bytes even when it is known to have failed: after the answer their memory is gone. */
async function both(stored: Promise<void>, admitted: Promise<void>): Promise<void> {
  admitted.catch(() => {})
  await stored
  await admitted
}

function answer(append: Append, error: unknown) {
  if ('error' in append) return failure(append.index, append.error)
  if (error instanceof StorageError) {
    return failure(append.index, { errorCode: error.errorCode, message: error.message })
  }
  if (error !== undefined) throw error
  const { index, offset, logAppendTimeMs, log } = append
  return { index, errorCode: ErrorCode.NONE, baseOffset: offset, logAppendTimeMs, logStartOffset: log.logStartOffset }
}

function failure(index: number, { errorCode, message, records = [] }: PartitionError) {
  const errorMessage = message === '' ? errorName(errorCode) : message
  const recordErrors = records.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: errorMessage }))
  return { index, errorCode, baseOffset: -1, recordErrors, errorMessage }
}
