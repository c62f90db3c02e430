import { ErrorCode } from '#libs/kafka-protocol'

/** PRODUCER_FENCED as a client understands it that asks in a version before `since`, which introduced that error. */
export function fencedFor(apiVersion: number, since: number, errorCode: ErrorCode): ErrorCode {
  const isUnknown = errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < since
  return isUnknown ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode
}
