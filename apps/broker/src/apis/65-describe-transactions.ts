import { describeTransactions, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import type { Transaction } from '../transactions/transaction.ts'

/**
 * DescribeTransactions: 0
 * - Groups whose offsets are part of a transaction are not listed; Kafka shows a partition of `__consumer_offsets`.
 */
export const handleDescribeTransactions = defineHandler({
  api: describeTransactions,
  advertised: { min: 0, max: 0 },
  handle(request, { broker }) {
    const transactionStates = request.transactionalIds.map((transactionalId) => {
      const transaction = broker.transactions.find(transactionalId)
      if (transaction !== undefined) return describe(transaction)
      const errorCode = transactionalId === '' ? ErrorCode.INVALID_REQUEST : ErrorCode.TRANSACTIONAL_ID_NOT_FOUND
      return { ...NOTHING, errorCode, transactionalId }
    })
    return { transactionStates }
  },
})

const NOTHING = {
  ...{ transactionState: '', transactionTimeoutMs: 0, transactionStartTimeMs: 0 },
  ...{ producerId: 0, producerEpoch: 0, topics: [] },
}

const describe = ({ transactionalId, state, timeoutMs, startedAt, producerId, epoch, partitions }: Transaction) => ({
  errorCode: ErrorCode.NONE,
  transactionalId,
  transactionState: state,
  transactionTimeoutMs: timeoutMs,
  transactionStartTimeMs: startedAt,
  producerId,
  producerEpoch: epoch,
  topics: Array.from(partitions, ([topic, indexes]) => ({ topic, partitions: [...indexes] })),
})
