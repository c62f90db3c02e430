import type { ErrorCode } from '#libs/kafka-protocol'
import type { TransactionRecord } from './records.ts'
import { evolveTransaction, NO_EPOCH, NO_PRODUCER_ID, type Transaction } from './transaction.ts'

/** What a request leads to: the facts to be made durable, the transaction they give, and what the client is told. */
export interface Decision<A> {
  readonly transaction: Transaction | undefined
  readonly records: readonly TransactionRecord[]
  readonly answer: A
}

export function decided<A>(before: Transaction | undefined, record: TransactionRecord, answer: A): Decision<A> {
  return { transaction: evolveTransaction(before, record), records: [record], answer }
}

/** Nothing changes. */
export function answered<A>(transaction: Transaction | undefined, answer: A): Decision<A> {
  return { transaction, records: [], answer }
}

/** What a producer is told to use from now on. */
export interface ProducerAnswer {
  readonly errorCode: ErrorCode
  readonly producerId: number
  readonly epoch: number
}

export const producerRefused = (errorCode: ErrorCode): ProducerAnswer => ({
  errorCode,
  producerId: NO_PRODUCER_ID,
  epoch: NO_EPOCH,
})
