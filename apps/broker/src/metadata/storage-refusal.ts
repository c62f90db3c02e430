import { ErrorCode } from '#libs/kafka-protocol'
import { StorageError } from '../log/log-error.ts'
import { type Refusal, refusal } from './refusal.ts'

/** What clients hear when the disk is to blame; throws any other error on. */
export function storageRefusal(error: unknown): Refusal {
  const isOfSystem = error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string'
  if (error instanceof StorageError || isOfSystem) return refusal(ErrorCode.KAFKA_STORAGE_ERROR, error.message)
  throw error
}
