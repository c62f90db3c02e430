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
  compressionOf,
  fetch,
  isControl,
  isTransactional,
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

/** A batch that is compressed or of an old format. */
class NotForUs extends Error {}

const log = createLogger('consumer')

/**
 * kafkajs's decoding of what was fetched costs more than everything else in a consumer: 64-bit numbers as objects, and
 * for each of a record's headers a Buffer, and all headers before it copied. This one gives the same, but header values
 * as text, which is all we want of them. What it does not know (compressed batches, old formats) is left to kafkajs.
 */
export const decodeWithOurs = (original: FetchResponse['decode']): FetchResponse['decode'] => {
  const batches = new BatchReader()
  return async (payload) => {
    try {
      return decodeAnswer(payload, batches)
    } catch (error) {
      // Not a failure, but slow, and nobody would notice.
      if (!(error instanceof NotForUs)) log.warn('a fetched answer was not understood', { [fields.error]: error })
      return original(payload)
    }
  }
}

/** Makes every kafkajs consumer of this process use it. */
export const useOurFetchDecoder = (): void => {
  const response: FetchResponse = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch/v11/response')
  response.decode = decodeWithOurs(response.decode)
}

const decodeAnswer = (payload: Buffer, batches: BatchReader) => {
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
        messages: partition.records === null ? [] : messagesIn(partition.records, batches),
      })),
    })),
  }
}

/** Of all batches that are whole: a broker cuts the last one off where the answer is full. */
const messagesIn = (records: Buffer, batches: BatchReader): Message[] => {
  const messages: Message[] = []
  for (let at = 0; records.length - at >= BATCH_OVERHEAD; at += batchSize(records, at)) {
    const attributes = batchAttributes(records, at)
    if (batchMagic(records, at) !== MAGIC || compressionOf(attributes) !== 0) throw new NotForUs()
    if (at + batchSize(records, at) > records.length) break
    addMessages(messages, records, at, batches)
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
