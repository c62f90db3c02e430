import { encodeInternal, transactionLogKey, transactionLogValue } from '#libs/kafka-protocol'
import type { Settings } from '../config/settings.ts'
import type { TransactionCoordinator } from '../transactions/coordinator.ts'
import { transactionStates } from '../transactions/transaction.ts'
import type { StateKey, StateRecord, StateSource } from './state-source.ts'
import { touchedPartitions } from './touched-partitions.ts'

/** `__transaction_state`: each transactional id, and what its last transaction has come to. */
export class TransactionState implements StateSource {
  constructor(
    private readonly transactions: TransactionCoordinator,
    private readonly settings: Settings,
    private readonly now: () => number,
  ) {}

  *keys(): Generator<StateKey> {
    for (const { transactionalId } of this.transactions.all()) yield [transactionalId]
  }

  record([transactionalId]: StateKey): StateRecord {
    const key = encodeInternal(transactionLogKey, { transactionalId })
    const transaction = this.transactions.find(transactionalId)
    if (transaction === undefined) return { timestamp: this.now(), key, value: null }
    const { producerId, epoch, timeoutMs, state, startedAt, updatedAt } = transaction
    const touched = touchedPartitions(transaction, this.settings)
    const value = encodeInternal(transactionLogValue, {
      ...{ producerId, producerEpoch: epoch, transactionTimeoutMs: timeoutMs },
      transactionStatus: transactionStates.indexOf(state),
      transactionPartitions:
        state === 'Empty' ? null : touched.map(({ topic, partitions }) => ({ topic, partitionIds: partitions })),
      ...{ transactionLastUpdateTimestampMs: updatedAt, transactionStartTimestampMs: startedAt },
    })
    return { timestamp: updatedAt, key, value }
  }

  onChange(listener: (key: StateKey) => void): void {
    this.transactions.onRecord(({ transactionalId }) => listener([transactionalId]))
  }

  settled(): Promise<void> {
    return this.transactions.settled().catch(() => {})
  }
}
