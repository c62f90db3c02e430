import { ErrorCode } from '#libs/kafka-protocol'

export const CONSUMER_OFFSETS = '__consumer_offsets'
export const TRANSACTION_STATE = '__transaction_state'

/** Topics that Kafka keeps its own state in: nobody else may create, write or delete them. */
export const isInternalTopic = (name: string): boolean => name === CONSUMER_OFFSETS || name === TRANSACTION_STATE

/** Why a request that would change a topic of this name is refused: undefined when nothing speaks against it. */
export const internalTopicProblem = (name: string) =>
  isInternalTopic(name)
    ? {
        errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
        errorMessage: `The topic ${name} is internal and only shows what is.`,
      }
    : undefined
