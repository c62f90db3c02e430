import { ErrorCode } from '#libs/kafka-protocol'
import { answered, type Decision, decided, type ProducerAnswer, producerRefused } from './decision.ts'
import { storedPartitions, type TransactionRecord } from './records.ts'
import { bumped, isExhausted, NO_PRODUCER_ID, producerAfter, type Transaction } from './transaction.ts'

export interface EndTransaction {
  readonly producerId: number
  readonly epoch: number
  readonly outcome: Outcome
}
type Outcome = 'commit' | 'abort'

const { NONE, CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_ID_MAPPING, INVALID_TXN_STATE, PRODUCER_FENCED } = ErrorCode

/**
 * EndTxn of a producer that keeps its epoch (EndTxn up to version 4). The same request sent again finds its own
 * outcome; the protocol cannot tell it from a new one, which is the hole that version 5 closes.
 */
export function decideEnd(before: Transaction | undefined, end: EndTransaction, now: number): Decision<ProducerAnswer> {
  if (before?.producerId !== end.producerId) return refused(before, INVALID_PRODUCER_ID_MAPPING)
  if (before.epoch !== end.epoch) return refused(before, PRODUCER_FENCED)
  if (before.state === 'Ongoing') {
    const { epoch, lastEpoch } = before
    return prepared(before, { outcome: end.outcome, epoch, lastEpoch, nextProducerId: NO_PRODUCER_ID, at: now })
  }
  return refused(before, repeated(before, end.outcome))
}

/** What the outcome of a transaction that has ended, or is about to, says to a request for `outcome`. */
function repeated({ state }: Transaction, outcome: Outcome): ErrorCode {
  if (state === (outcome === 'commit' ? 'CompleteCommit' : 'CompleteAbort')) return NONE
  if (state === (outcome === 'commit' ? 'PrepareCommit' : 'PrepareAbort')) return CONCURRENT_TRANSACTIONS
  return INVALID_TXN_STATE
}

/**
 * EndTxn of a producer that takes a new epoch each time (version 5, KIP-890): a request sent again comes with the epoch
 * before, and nothing of the ended transaction can be taken for a part of the next.
 *
 *                    abort              commit
 *                    again    current   again    current
 *     Empty          fenced   ends      fenced   invalid
 *     CompleteAbort  NONE     ends      invalid  invalid
 *     CompleteCommit invalid  ends      NONE     invalid
 *
 * `newProducerId` is used only where `outlivesProducerId`.
 */
export function decideEndAndBump(
  before: Transaction | undefined,
  end: EndTransaction,
  newProducerId: number,
  now: number,
): Decision<ProducerAnswer> {
  if (before === undefined) return refused(before, INVALID_PRODUCER_ID_MAPPING)
  const { outcome } = end
  const isAgain = before.epoch === end.epoch + 1 || isAgainUnderNewId(before, end)
  if (before.producerId !== end.producerId && !isAgainUnderNewId(before, end)) {
    return refused(before, INVALID_PRODUCER_ID_MAPPING)
  }
  const isCurrent = before.epoch === end.epoch
  switch (before.state) {
    case 'Ongoing':
      return isCurrent ? endNow(before, outcome, newProducerId, now) : refused(before, PRODUCER_FENCED)
    case 'Empty':
      if (!isCurrent) return refused(before, PRODUCER_FENCED)
      return outcome === 'abort' ? endNow(before, 'abort', newProducerId, now) : refused(before, INVALID_TXN_STATE)
    case 'PrepareCommit':
    case 'PrepareAbort':
      return refused(before, isAgain ? repeated(before, outcome) : PRODUCER_FENCED)
    case 'CompleteCommit':
    case 'CompleteAbort':
      if (!isAgain && !isCurrent) return refused(before, PRODUCER_FENCED)
      if (!isAgain) {
        return outcome === 'abort' ? endNow(before, 'abort', newProducerId, now) : refused(before, INVALID_TXN_STATE)
      }
      return answered(before, againAnswer(before, outcome))
  }
}

function isAgainUnderNewId(before: Transaction, { producerId, epoch }: EndTransaction): boolean {
  return before.previousProducerId === producerId && before.epoch === 0 && isExhausted(epoch)
}

function againAnswer(before: Transaction, outcome: Outcome): ProducerAnswer {
  const errorCode = repeated(before, outcome)
  const { producerId, epoch } = before
  return errorCode === NONE ? { errorCode, producerId, epoch } : producerRefused(errorCode)
}

/** Aborts in the broker's own name, for a transaction that has timed out or whose producer was replaced. */
export function abortByBroker<A>(before: Transaction, newProducerId: number, now: number, answer: A): Decision<A> {
  return { ...endNow(before, 'abort', newProducerId, now), answer }
}

/** Without anything added, the transaction begins as it ends. */
function endNow(before: Transaction, outcome: Outcome, newProducerId: number, at: number): Decision<ProducerAnswer> {
  const nextProducerId = isExhausted(before.epoch) ? newProducerId : NO_PRODUCER_ID
  return prepared(before, { outcome, epoch: bumped(before.epoch), lastEpoch: before.epoch, nextProducerId, at })
}

type Preparation = Pick<
  Extract<TransactionRecord, { type: 'TransactionPrepared' }>,
  'outcome' | 'epoch' | 'lastEpoch' | 'nextProducerId' | 'at'
>

function prepared(before: Transaction, preparation: Preparation): Decision<ProducerAnswer> {
  const { transactionalId, state } = before
  const record = {
    type: 'TransactionPrepared',
    transactionalId,
    ...preparation,
    partitions: storedPartitions(before.partitions),
    groups: [...before.groups],
    startedAt: state === 'Ongoing' ? before.startedAt : preparation.at,
  } as const
  const { transaction, records } = decided(before, record, undefined)
  return { transaction, records, answer: { errorCode: NONE, ...producerAfter(transaction!) } }
}

const refused = (before: Transaction | undefined, errorCode: ErrorCode) => answered(before, producerRefused(errorCode))
