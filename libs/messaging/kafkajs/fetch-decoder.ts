import { createRequire } from 'node:module'
import type { KafkaMessage } from 'kafkajs'
import {
  BATCH_OVERHEAD,
  BatchReader,
  batchAttributes,
  batchBaseOffset,
  batchBaseTimestamp,
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
type Message = KafkaMessage & { readonly isControlRecord: boolean; readonly batchContext: BatchContext }
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
 * kafkajs. Rejects with `MalformedError` for a compressed batch that nothing can be made of: nothing is read behind it
 * until it is deleted or the group's offset is set past it.
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
        messages: partition.records === null ? [] : messagesIn(partition.records, batches, plain),
      })),
    })),
  }
}

/**
 * The records of what was fetched of one partition, up to what one answer may decompress to. Throws `MalformedError` for a
 * first batch that nothing can be made of.
 */
export const recordsIn = (records: Buffer): KafkaMessage[] =>
  messagesIn(records, new BatchReader(), new Decompression()).filter(({ isControlRecord }) => !isControlRecord)

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
      if (!(error instanceof MalformedError)) throw error
      if (this.#room < MAX_DECOMPRESSED_BYTES) return undefined
      throw new MalformedError(`the batch at offset ${batchBaseOffset(records, at)}: ${error.message}`)
    }
  }
}

/** Of all batches that are whole: a broker cuts the last one off where the answer is full. */
const messagesIn = (records: Buffer, batches: BatchReader, plain: Decompression): Message[] => {
  const messages: Message[] = []
  for (let at = 0; records.length - at >= BATCH_OVERHEAD; at += batchSize(records, at)) {
    if (batchMagic(records, at) !== MAGIC) throw new NotForUs()
    if (at + batchSize(records, at) > records.length) break
    if (compressionOf(batchAttributes(records, at)) === Compression.none) addMessages(messages, records, at, batches)
    else {
      const batch = plain.of(records, at)
      if (batch === undefined) break
      addMessages(messages, batch, 0, batches)
    }
  }
  return messages
}

const addMessages = (messages: Message[], records: Buffer, at: number, batches: BatchReader): void => {
  const attributes = batchAttributes(records, at)
  const batchContext: BatchContext = {
    producerId: String(batchProducerId(records, at)),
    inTransaction: isTransactional(attributes),
    isControlBatch: isControl(attributes),
  }
  const baseOffset = batchBaseOffset(records, at)
  const baseTimestamp = batchBaseTimestamp(records, at)
  const appended = usesLogAppendTime(attributes) ? batchMaxTimestamp(records, at) : undefined
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
