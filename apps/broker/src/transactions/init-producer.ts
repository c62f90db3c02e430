import { ErrorCode } from '#libs/kafka-protocol'
import { answered, type Decision, decided, type ProducerAnswer, producerRefused } from './decision.ts'
import { abortByBroker } from './end.ts'
import { isExhausted, NO_EPOCH, type Transaction } from './transaction.ts'

export interface InitProducer {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** What a producer has that wants to go on after an error (KIP-360); undefined for one that starts. */
  readonly current: { readonly producerId: number; readonly epoch: number } | undefined
}

/** Whether the next epoch of this id takes another producer id. */
export const outlivesProducerId = (transaction: Transaction | undefined): boolean =>
  transaction !== undefined && isExhausted(transaction.epoch)

/** Whether `decideInitProducer` may have to give out a new producer id. */
export const mayNeedProducerId = (transaction: Transaction | undefined): boolean =>
  transaction === undefined || outlivesProducerId(transaction)

/**
 * Gives a producer the next epoch, which fences every older instance. A transaction that one has left open is aborted
 * first, and the producer asks again meanwhile. `newProducerId` is used only where `mayNeedProducerId`.
 */
export function decideInitProducer(
  before: Transaction | undefined,
  init: InitProducer,
  newProducerId: number,
  now: number,
): Decision<ProducerAnswer> {
  if (before === undefined) return initialized(before, init, newProducerId, 0, NO_EPOCH, now)
  const { current } = init
  if (current !== undefined && !isOfThisProducer(before, current)) {
    return answered(before, producerRefused(ErrorCode.PRODUCER_FENCED))
  }
  switch (before.state) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      return answered(before, producerRefused(ErrorCode.CONCURRENT_TRANSACTIONS))
    case 'Ongoing':
      return abortByBroker(before, newProducerId, now, producerRefused(ErrorCode.CONCURRENT_TRANSACTIONS))
    default:
      return nextEpoch(before, init, newProducerId, now)
  }
}

/** The id of its last but one state counts for a producer that did not hear that its epochs were used up. */
function isOfThisProducer(before: Transaction, current: NonNullable<InitProducer['current']>): boolean {
  if (current.producerId === before.producerId) return true
  return current.producerId === before.previousProducerId && isExhausted(current.epoch)
}

function nextEpoch(before: Transaction, init: InitProducer, newProducerId: number, now: number) {
  const { producerId, epoch, lastEpoch } = before
  const given = init.current?.epoch
  if (isExhausted(epoch) && (given === undefined || given === epoch)) {
    return initialized(before, init, newProducerId, 0, given ?? NO_EPOCH, now)
  }
  if (given === undefined) return initialized(before, init, producerId, epoch + 1, NO_EPOCH, now)
  if (given === epoch) return initialized(before, init, producerId, epoch + 1, epoch, now)
  // It has been given its next epoch before and did not hear of it.
  if (given === lastEpoch) return initialized(before, init, producerId, epoch, lastEpoch, now)
  return answered(before, producerRefused(ErrorCode.PRODUCER_FENCED))
}

function initialized(
  before: Transaction | undefined,
  { transactionalId, timeoutMs }: InitProducer,
  producerId: number,
  epoch: number,
  lastEpoch: number,
  at: number,
): Decision<ProducerAnswer> {
  const record = { type: 'ProducerInitialized', transactionalId, producerId, epoch, lastEpoch, timeoutMs, at } as const
  return decided(before, record, { errorCode: ErrorCode.NONE, producerId, epoch })
}
