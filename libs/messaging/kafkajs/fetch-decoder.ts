import { createRequire } from 'node:module'
import type { KafkaMessage } from 'kafkajs'
import {
  BATCH_OVERHEAD,
  BatchReader,
  batchAttributes,
  batchBaseOffset,
  batchBaseTimestamp,
  batchLastOffset,
  batchMagic,
  batchMaxTimestamp,
  batchProducerId,
  batchSize,
  Compression,
  compressionOf,
  fetch,
  isControl,
  isTransactional,
  MalformedError,
  plainBatch,
  Reader,
  usesLogAppendTime,
} from '#libs/kafka-protocol'
import { createLogger, fields } from '#libs/observability'

/** The newest version of Fetch that kafkajs knows, and so the one that it speaks with every broker of today. */
const VERSION = 11
const MAGIC = 2

/** What kafkajs makes of an answer; beside the message, its consumer looks at what the batch says. */
type Message = KafkaMessage & {
  readonly isControlRecord: boolean
  readonly batchContext: BatchContext
  readonly unreadable?: string
}
interface BatchContext {
  readonly producerId: string
  readonly inTransaction: boolean
  readonly isControlBatch: boolean
}
export interface FetchResponse {
  decode(payload: Buffer): Promise<unknown>
}

/** What the batches of one answer may decompress to, so that a few bytes cannot claim all memory. */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

/** A batch of an old format. */
class NotForUs extends Error {}

const log = createLogger('consumer')

/**
 * kafkajs's decoding of what was fetched costs more than everything else in a consumer: 64-bit numbers as objects, and
 * for each of a record's headers a Buffer, and all headers before it copied. This one gives the same, but header values
 * as text, which is all we want of them; and it knows all codecs, where kafkajs knows gzip alone. Old formats are left to
 * kafkajs. A batch that nothing can be made of is one message that stands for all that were in it (`unreadableBatch`).
 */
export const decodeWithOurs = (original: FetchResponse['decode']): FetchResponse['decode'] => {
  const batches = new BatchReader()
  return async (payload) => {
    const plain = new Decompression()
    try {
      return decodeAnswer(payload, batches, plain)
    } catch (error) {
      if (error instanceof NotForUs) return original(payload)
      // kafkajs would decompress without a bound.
      if (plain.wasNeeded) throw error
      // Not a failure, but slow, and nobody would notice.
      log.warn('a fetched answer was not understood', { [fields.error]: error })
      return original(payload)
    }
  }
}

/** Makes every kafkajs consumer of this process use it. */
export const useOurFetchDecoder = (): void => {
  const response: FetchResponse = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch/v11/response')
  response.decode = decodeWithOurs(response.decode)
}

const decodeAnswer = (payload: Buffer, batches: BatchReader, plain: Decompression) => {
  const answer = fetch.readResponse(new Reader(payload), VERSION)
  return {
    throttleTime: 0,
    clientSideThrottleTime: answer.throttleTimeMs,
    errorCode: answer.errorCode,
    sessionId: answer.sessionId,
    responses: answer.responses.map(({ topic, partitions }) => ({
      topicName: topic,
      partitions: partitions.map((partition) => ({
        partition: partition.partitionIndex,
        errorCode: partition.errorCode,
        highWatermark: String(partition.highWatermark),
        lastStableOffset: String(partition.lastStableOffset),
        lastStartOffset: String(partition.logStartOffset),
        abortedTransactions: (partition.abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({
          producerId: String(producerId),
          firstOffset: String(firstOffset),
        })),
        preferredReadReplica: partition.preferredReadReplica,
        messages:
          partition.records === null ? [] : messagesIn(partition.records, batches, plain, partition.highWatermark),
      })),
    })),
  }
}

/**
 * The records of what was fetched of one partition, up to what one answer may decompress to, and to the first batch that
 * nothing can be made of. Throws `MalformedError` when that is the very first.
 */
export const recordsIn = (records: Buffer): KafkaMessage[] => {
  const messages = messagesIn(records, new BatchReader(), new Decompression(), Number.MAX_SAFE_INTEGER)
  const unreadable = messages.findIndex((message) => message.unreadable !== undefined)
  if (unreadable === 0) throw new MalformedError(messages[0]!.unreadable!)
  const readable = unreadable < 0 ? messages : messages.slice(0, unreadable)
  return readable.filter(({ isControlRecord }) => !isControlRecord)
}

/** Of a message that stands for a whole batch that nothing can be made of, and is its last: what is wrong with it. */
export const unreadableBatch = (message: KafkaMessage): string | undefined => (message as Message).unreadable

/** Decompresses the batches of one answer while there is room for them. */
class Decompression {
  #room = MAX_DECOMPRESSED_BYTES
  wasNeeded = false

  /**
   * Undefined when it does not fit behind the others: it comes again in a later answer, as its first. Throws
   * `MalformedError` when it alone does not fit, or is damaged.
   */
  of(records: Buffer, at: number): Buffer | undefined {
    this.wasNeeded = true
    try {
      const batch = plainBatch(records, at, this.#room)
      this.#room -= batch.length - BATCH_OVERHEAD
      return batch
    } catch (error) {
      if (!(error instanceof MalformedError) || this.#room === MAX_DECOMPRESSED_BYTES) throw error
      return undefined
    }
  }
}

/** Of all batches that are whole: a broker cuts the last one off where the answer is full. `end`: of the partition. */
const messagesIn = (records: Buffer, batches: BatchReader, plain: Decompression, end: number): Message[] => {
  const messages: Message[] = []
  for (let at = 0; records.length - at >= BATCH_OVERHEAD; at += batchSize(records, at)) {
    if (batchMagic(records, at) !== MAGIC) throw new NotForUs()
    if (batchSize(records, at) < BATCH_OVERHEAD) throw new MalformedError('a batch is shorter than its head')
    if (at + batchSize(records, at) > records.length) break
    try {
      const isPlain = compressionOf(batchAttributes(records, at)) === Compression.none
      const batch = isPlain ? records : plain.of(records, at)
      if (batch === undefined) break
      addMessages(messages, batch, isPlain ? at : 0, batches)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      messages.push(placeholder(records, at, error, end))
    }
  }
  return messages
}

const contextOf = (records: Buffer, at: number): BatchContext => {
  const attributes = batchAttributes(records, at)
  return {
    producerId: String(batchProducerId(records, at)),
    inTransaction: isTransactional(attributes),
    isControlBatch: isControl(attributes),
  }
}

const addMessages = (messages: Message[], records: Buffer, at: number, batches: BatchReader): void => {
  const batchContext = contextOf(records, at)
  const baseOffset = batchBaseOffset(records, at)
  const baseTimestamp = batchBaseTimestamp(records, at)
  const appended = usesLogAppendTime(batchAttributes(records, at)) ? batchMaxTimestamp(records, at) : undefined
  for (const record of batches.read(records, at)) {
    messages.push({
      attributes: record.attributes,
      timestamp: String(appended ?? baseTimestamp + record.timestampDelta),
      offset: String(baseOffset + record.offsetDelta),
      key: record.key,
      value: record.value,
      headers: record.headers as NonNullable<KafkaMessage['headers']>,
      isControlRecord: batchContext.isControlBatch,
      batchContext,
    } as Message)
  }
}

/** A larger batch is not kept: the log has it for as long as it has any. */
const MAX_KEPT_BYTES = 1024 * 1024

/** Stands at the last offset, so that reading goes on behind the batch; but not behind the end, whatever that says. */
const placeholder = (records: Buffer, at: number, error: MalformedError, end: number): Message => {
  const batchContext = contextOf(records, at)
  const bytes = records.subarray(at, at + batchSize(records, at))
  const first = batchBaseOffset(records, at)
  const last = Math.max(first, Math.min(batchLastOffset(records, at), end - 1))
  return {
    attributes: 0,
    timestamp: String(batchMaxTimestamp(records, at)),
    offset: String(last),
    key: null,
    value: bytes.length > MAX_KEPT_BYTES ? null : bytes,
    headers: {},
    isControlRecord: batchContext.isControlBatch,
    batchContext,
    unreadable: `nothing can be made of the batch with the offsets ${first} to ${last}: ${error.message}`,
  } as unknown as Message
}
