import { ErrorCode } from '#libs/kafka-protocol'
import { answered, type Decision, decided } from './decision.ts'
import type { StoredPartitions } from './records.ts'
import { isPrepared, type Transaction } from './transaction.ts'

/** What a producer wants to be part of its transaction; either list may be empty. */
export interface Addition {
  readonly producerId: number
  readonly epoch: number
  readonly partitions: StoredPartitions
  /** Groups whose offsets it will commit. */
  readonly groups: readonly string[]
}

/** Adds what is missing, beginning a transaction if none is under way. */
export function decideAddPartitions(
  before: Transaction | undefined,
  addition: Addition,
  now: number,
): Decision<ErrorCode> {
  const refusal = checkProducer(before, addition)
  if (before === undefined || refusal !== ErrorCode.NONE) return answered(before, refusal)
  if (before.state === 'Ongoing' && covers(before, addition)) return answered(before, ErrorCode.NONE)
  const { partitions, groups } = addition
  const { transactionalId } = before
  return decided(before, { type: 'PartitionsAdded', transactionalId, partitions, groups, at: now }, ErrorCode.NONE)
}

/** Whether all of it was added before; TRANSACTION_ABORTABLE when it was not. */
export function verifyPartitions(transaction: Transaction | undefined, wanted: Addition): ErrorCode {
  const refusal = checkProducer(transaction, wanted)
  if (transaction === undefined || refusal !== ErrorCode.NONE) return refusal
  return covers(transaction, wanted) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE
}

function checkProducer(transaction: Transaction | undefined, { producerId, epoch }: Addition): ErrorCode {
  if (transaction?.producerId !== producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (transaction.epoch !== epoch) return ErrorCode.PRODUCER_FENCED
  return isPrepared(transaction) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE
}

function covers(transaction: Transaction, { partitions, groups }: Addition): boolean {
  return (
    groups.every((group) => transaction.groups.has(group)) &&
    partitions.every(([topic, indexes]) => {
      const known = transaction.partitions.get(topic)
      return known !== undefined && indexes.every((index) => known.has(index))
    })
  )
}
