/** The Kafka error codes that a log can answer with. */
export const LogErrorCode = {
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  MESSAGE_TOO_LARGE: 10,
  INVALID_TIMESTAMP: 32,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  INVALID_PRODUCER_EPOCH: 47,
  KAFKA_STORAGE_ERROR: 56,
  INVALID_RECORD: 87,
} as const
export type LogErrorCode = (typeof LogErrorCode)[keyof typeof LogErrorCode]

/** A refusal the client should hear of: its Kafka code and a sentence for a human. */
export interface LogRefusal {
  readonly ok: false
  readonly errorCode: LogErrorCode
  readonly message: string
  /** Index of the offending record in its batch, where one record is to blame. */
  readonly recordIndex?: number
}

export function refuse(errorCode: LogErrorCode, message: string, recordIndex?: number): LogRefusal {
  return recordIndex === undefined ? { ok: false, errorCode, message } : { ok: false, errorCode, message, recordIndex }
}

/** The disk failed under data that had been accepted but not yet acknowledged: the client must hear KAFKA_STORAGE_ERROR. */
export class StorageError extends Error {
  readonly errorCode = LogErrorCode.KAFKA_STORAGE_ERROR
  override readonly name = 'StorageError'
}
