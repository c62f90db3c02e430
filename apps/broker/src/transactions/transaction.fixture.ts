import type { ErrorCode } from '#libs/kafka-protocol'
import { decideAddPartitions, verifyPartitions } from './add-partitions.ts'
import type { Decision, ProducerAnswer } from './decision.ts'
import { abortByBroker, decideEnd, decideEndAndBump } from './end.ts'
import { decideInitProducer } from './init-producer.ts'
import { snapshotOfTransaction, type TransactionRecord } from './records.ts'
import { evolveTransaction, type Transaction } from './transaction.ts'

type Producer = readonly [producerId: number, epoch: number]

/** One transactional id on a clock of its own; new producer ids are 100, 101 and so on. */
export class TransactionUnderTest {
  transaction: Transaction | undefined
  now = 1000
  readonly records: TransactionRecord[] = []
  private nextProducerId = 100

  init(current?: Producer, timeoutMs = 5000): ProducerAnswer {
    const expected = current && { producerId: current[0], epoch: current[1] }
    const init = { transactionalId: 'id', timeoutMs, current: expected }
    return this.take(decideInitProducer(this.transaction, init, this.nextProducerId++, this.now))
  }

  add([producerId, epoch]: Producer, topic = 't', partition = 0): ErrorCode {
    const addition = { producerId, epoch, partitions: [[topic, [partition]]], groups: [] } as const
    return this.take(decideAddPartitions(this.transaction, addition, this.now))
  }

  addGroup([producerId, epoch]: Producer, group: string): ErrorCode {
    return this.take(
      decideAddPartitions(this.transaction, { producerId, epoch, partitions: [], groups: [group] }, this.now),
    )
  }

  verify([producerId, epoch]: Producer, topic = 't', partition = 0): ErrorCode {
    return verifyPartitions(this.transaction, { producerId, epoch, partitions: [[topic, [partition]]], groups: [] })
  }

  end([producerId, epoch]: Producer, outcome: 'commit' | 'abort'): ProducerAnswer {
    return this.take(decideEnd(this.transaction, { producerId, epoch, outcome }, this.now))
  }

  endAndBump([producerId, epoch]: Producer, outcome: 'commit' | 'abort'): ProducerAnswer {
    const end = { producerId, epoch, outcome }
    return this.take(decideEndAndBump(this.transaction, end, this.nextProducerId++, this.now))
  }

  abortByBroker(): void {
    this.take(abortByBroker(this.transaction!, this.nextProducerId++, this.now, undefined))
  }

  /** The markers are written. */
  complete(): void {
    const record = { type: 'TransactionCompleted', transactionalId: 'id', at: this.now } as const
    this.records.push(record)
    this.transaction = evolveTransaction(this.transaction, record)
  }

  /** What a broker finds on disk after a crash. */
  restarted(): Transaction | undefined {
    return this.records.reduce<Transaction | undefined>(evolveTransaction, undefined)
  }

  /** What a broker finds in a journal that was compacted. */
  compacted(): Transaction | undefined {
    return evolveTransaction(undefined, snapshotOfTransaction(this.transaction!))
  }

  /** An id whose producer has this epoch. */
  static atEpoch(epoch: number): TransactionUnderTest {
    const test = new TransactionUnderTest()
    test.init()
    test.transaction = { ...test.transaction!, epoch }
    test.records.splice(0, Infinity, snapshotOfTransaction(test.transaction))
    return test
  }

  private take<A>({ transaction, records, answer }: Decision<A>): A {
    this.transaction = transaction
    this.records.push(...records)
    return answer
  }
}
