import { ErrorCode } from '#libs/kafka-protocol'
import { StorageError } from '../log/log-error.ts'
import { MetadataQueueFull } from './metadata-queue.ts'

/** A refusal in the protocol's terms. */
export interface Refusal {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

export const isRefusal = (value: object): value is Refusal => 'errorCode' in value

export const refusal = (errorCode: ErrorCode, errorMessage: string): Refusal => ({ errorCode, errorMessage })

export const noSuchTopic = (name: string): Refusal =>
  refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)

/** What a client is told of an operation on metadata that could not be carried out; anything else is thrown on. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof StorageError) return refusal(error.errorCode, error.message)
  if (error instanceof MetadataQueueFull) return refusal(ErrorCode.THROTTLING_QUOTA_EXCEEDED, error.message)
  throw error
}
