import { ErrorCode } from '#libs/kafka-protocol'

/** Why something is not done, in the protocol's terms. */
export interface Refusal {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

/** A setting's name could be `errorCode`, but its value would not be a number. */
export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'errorCode' in value && typeof value.errorCode === 'number'

export const isGranted = <T>(value: T | Refusal): value is T => !isRefusal(value)

export const refusal = (errorCode: ErrorCode, errorMessage: string): Refusal => ({ errorCode, errorMessage })

export const noSuchTopic = (name: string): Refusal =>
  refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
