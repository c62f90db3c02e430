import type { Partitions, Transaction } from './transaction.ts'

export type StoredPartitions = readonly (readonly [topic: string, partitions: readonly number[]])[]

/** What happened to transactional ids, as facts in the journal `transactions`. */
export type TransactionRecord = { readonly transactionalId: string } & (
  | {
      readonly type: 'ProducerInitialized'
      readonly producerId: number
      readonly epoch: number
      readonly lastEpoch: number
      readonly timeoutMs: number
      readonly at: number
    }
  | {
      readonly type: 'PartitionsAdded'
      readonly partitions: StoredPartitions
      readonly groups: readonly string[]
      readonly at: number
    }
  | {
      readonly type: 'TransactionPrepared'
      readonly outcome: 'commit' | 'abort'
      readonly epoch: number
      readonly lastEpoch: number
      readonly nextProducerId: number
      /** All of them again: where the outcome is owed must not depend on any other record. */
      readonly partitions: StoredPartitions
      readonly groups: readonly string[]
      readonly startedAt: number
      readonly at: number
    }
  | { readonly type: 'TransactionCompleted'; readonly at: number }
  | { readonly type: 'TransactionalIdExpired' }
  /** All there is to say about an id, in a compacted journal. */
  | ({ readonly type: 'TransactionRestored' } & Omit<Transaction, 'partitions' | 'groups'> & {
        readonly partitions: StoredPartitions
        readonly groups: readonly string[]
      })
)

export const storedPartitions = (partitions: Partitions): StoredPartitions =>
  Array.from(partitions, ([topic, indexes]) => [topic, [...indexes]])

/** The shortest sequence of records that gives this transaction again. */
export function snapshotOfTransaction(transaction: Transaction): TransactionRecord {
  const partitions = storedPartitions(transaction.partitions)
  return { type: 'TransactionRestored', ...transaction, partitions, groups: [...transaction.groups] }
}
