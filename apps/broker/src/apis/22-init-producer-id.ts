import { ErrorCode, initProducerId } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

const MAX_EPOCH = 2 ** 15 - 1

/**
 * InitProducerId: 0-5
 * - For idempotent producers only: a transactional id is refused, as transactions are not supported.
 */
export const handleInitProducerId = defineHandler({
  api: initProducerId,
  advertised: { min: 0, max: 5 },
  async handle({ transactionalId, producerId, producerEpoch }, { broker }) {
    if (transactionalId !== null) {
      return { errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerId: -1, producerEpoch: -1 }
    }
    // A producer that recovers keeps its id under the next epoch; its sequences start over with it.
    if (producerId >= 0 && producerEpoch >= 0 && producerEpoch < MAX_EPOCH - 1) {
      return { errorCode: ErrorCode.NONE, producerId, producerEpoch: producerEpoch + 1 }
    }
    return { errorCode: ErrorCode.NONE, producerId: await broker.producerIds.take(), producerEpoch: 0 }
  },
})
