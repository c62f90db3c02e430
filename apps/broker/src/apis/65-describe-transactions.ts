import { describeTransactions, ErrorCode } from '#libs/kafka-protocol'
import type { Settings } from '../config/settings.ts'
import { defineHandler } from '../handler.ts'
import { touchedPartitions } from '../internal-topics/touched-partitions.ts'
import type { Transaction } from '../transactions/transaction.ts'

/** DescribeTransactions: 0 */
export const handleDescribeTransactions = defineHandler({
  api: describeTransactions,
  advertised: { min: 0, max: 0 },
  handle(request, { broker }) {
    const transactionStates = request.transactionalIds.map((transactionalId) => {
      const transaction = broker.transactions.find(transactionalId)
      if (transaction !== undefined) return describe(transaction, broker.settings)
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

const describe = (transaction: Transaction, settings: Settings) => ({
  errorCode: ErrorCode.NONE,
  transactionalId: transaction.transactionalId,
  transactionState: transaction.state,
  transactionTimeoutMs: transaction.timeoutMs,
  transactionStartTimeMs: transaction.startedAt,
  producerId: transaction.producerId,
  producerEpoch: transaction.epoch,
  topics: touchedPartitions(transaction, settings),
})
