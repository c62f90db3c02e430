import { ErrorCode, initProducerId } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { storageErrorCode } from '../log/log-error.ts'
import { producerRefused } from '../transactions/decision.ts'
import { fencedFor } from '../transactions/fenced.ts'
import { NO_EPOCH, NO_PRODUCER_ID } from '../transactions/transaction.ts'

const FENCED_SINCE = 4

/** InitProducerId: 0-5 */
export const handleInitProducerId = defineHandler({
  api: initProducerId,
  advertised: { min: 0, max: 5 },
  async handle({ transactionalId, transactionTimeoutMs, producerId, producerEpoch }, { broker, apiVersion }) {
    const isNew = producerId === NO_PRODUCER_ID && producerEpoch === NO_EPOCH
    if (!isNew && (producerId === NO_PRODUCER_ID || producerEpoch === NO_EPOCH)) {
      return answerOf(producerRefused(ErrorCode.INVALID_REQUEST))
    }
    if (transactionalId === null) {
      return broker.producerIds.take().then(
        (taken) => answerOf({ errorCode: ErrorCode.NONE, producerId: taken, epoch: 0 }),
        (error: unknown) => answerOf(producerRefused(storageErrorCode(ErrorCode.COORDINATOR_NOT_AVAILABLE)(error))),
      )
    }
    const current = isNew ? undefined : { producerId, epoch: producerEpoch }
    const init = { transactionalId, timeoutMs: transactionTimeoutMs, current }
    const answer = await broker.transactions.initProducer(init)
    return answerOf({ ...answer, errorCode: fencedFor(apiVersion, FENCED_SINCE, answer.errorCode) })
  },
})

const answerOf = ({ errorCode, producerId, epoch }: ReturnType<typeof producerRefused>) => ({
  errorCode,
  producerId,
  producerEpoch: epoch,
})
