import { ErrorCode, endTxn } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { fencedFor } from '../transactions/fenced.ts'

const FENCED_SINCE = 2
/** From this version on the producer takes a new epoch with every transaction (KIP-890). */
const BUMPS_SINCE = 5

/**
 * EndTxn: 0-5
 * - Answered when the outcome can be seen in every partition; Kafka answers when it is decided.
 */
export const handleEndTxn = defineHandler({
  api: endTxn,
  advertised: { min: 0, max: 5 },
  async handle({ transactionalId, producerId, producerEpoch, committed }, { broker, apiVersion }) {
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST }
    const end = { producerId, epoch: producerEpoch, outcome: committed ? 'commit' : 'abort' } as const
    const answer = await broker.transactions.end(transactionalId, end, apiVersion >= BUMPS_SINCE)
    const errorCode = fencedFor(apiVersion, FENCED_SINCE, answer.errorCode)
    return { errorCode, producerId: answer.producerId, producerEpoch: answer.epoch }
  },
})
