import { addOffsetsToTxn, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { storageErrorCode } from '../log/log-error.ts'
import { fencedFor } from '../transactions/fenced.ts'

const FENCED_SINCE = 2

/** AddOffsetsToTxn: 0-4 */
export const handleAddOffsetsToTxn = defineHandler({
  api: addOffsetsToTxn,
  advertised: { min: 0, max: 4 },
  async handle({ transactionalId, producerId, producerEpoch: epoch, groupId }, { broker, apiVersion }) {
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST }
    const addition = { producerId, epoch, partitions: [], groups: [groupId] }
    const { errorCode, durable } = broker.transactions.add(transactionalId, addition)
    const outcome = await durable.then(() => errorCode, storageErrorCode(ErrorCode.COORDINATOR_NOT_AVAILABLE))
    return { errorCode: fencedFor(apiVersion, FENCED_SINCE, outcome) }
  },
})
