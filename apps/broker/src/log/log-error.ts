import { ErrorCode } from '#libs/kafka-protocol'

/** A refusal the client should hear of: its Kafka code and a sentence for a human. */
export interface LogRefusal {
  readonly ok: false
  readonly errorCode: ErrorCode
  readonly message: string
  /** Indexes of the offending records in their batch, where single records are to blame. */
  readonly records?: readonly number[]
}

export function refuse(errorCode: ErrorCode, message: string, records?: readonly number[]): LogRefusal {
  return records === undefined ? { ok: false, errorCode, message } : { ok: false, errorCode, message, records }
}

/** The disk failed under data that had been accepted but not yet acknowledged: the client must hear KAFKA_STORAGE_ERROR. */
export class StorageError extends Error {
  readonly errorCode = ErrorCode.KAFKA_STORAGE_ERROR
  override readonly name = 'StorageError'
}

/** For `catch`: the code that stands for a StorageError; anything else is thrown on. */
export function storageErrorCode(errorCode: ErrorCode): (error: unknown) => ErrorCode {
  return (error) => {
    if (error instanceof StorageError) return errorCode
    throw error
  }
}
