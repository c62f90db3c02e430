import { ErrorCode } from '#libs/kafka-protocol'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import type { GroupCoordinator } from '../groups/coordinator.ts'
import { RecordLog } from '../journal/record-log.ts'
import { StorageError } from '../log/log-error.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { ProducerIds } from '../metadata/producer-ids.ts'
import type { Topics } from '../metadata/topics.ts'
import { type Addition, decideAddPartitions, verifyPartitions } from './add-partitions.ts'
import { answered, type Decision, type ProducerAnswer, producerRefused } from './decision.ts'
import { abortByBroker, decideEnd, decideEndAndBump, type EndTransaction } from './end.ts'
import { isForgotten, isTimedOut } from './expiry.ts'
import { decideInitProducer, type InitProducer, mayNeedProducerId, outlivesProducerId } from './init-producer.ts'
import { OutcomeWriter } from './outcome-writer.ts'
import { snapshotOfTransaction, type TransactionRecord } from './records.ts'
import { evolveTransaction, isPrepared, NO_PRODUCER_ID, type Transaction } from './transaction.ts'

export interface TransactionParts {
  readonly logs: LogManager
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly producerIds: ProducerIds
  readonly settings: Settings
  readonly clock: Clock
}

/** How long to leave a disk alone that has refused an outcome. */
const RETRY_MS = 1000

/**
 * Runs the transactions: asks the deciders, puts their records on disk, and sees every prepared outcome through.
 *
 * Crash story. Prepared is on the device before the first marker is written, and complete only after the last one is,
 * so a start finds each transaction open, or prepared and completes it before anybody is served. A partition that was
 * added to a transaction is in this journal before a client hears of what it wrote there; what one wrote and never
 * heard of is found in the partition and counts as added.
 */
export class TransactionCoordinator {
  private readonly transactions = new Map<string, Transaction>()
  private readonly listeners = new Set<(record: TransactionRecord) => void>()
  private records!: RecordLog<TransactionRecord>
  private readonly outcomes: OutcomeWriter
  private readonly parts: TransactionParts
  private closed = false

  private constructor(parts: TransactionParts) {
    this.parts = parts
    this.outcomes = new OutcomeWriter(parts.topics, parts.groups, parts.logs.leaderEpoch)
  }

  /** Resolves when all prepared transactions are complete, unless the disk refuses. */
  static async open(parts: TransactionParts): Promise<TransactionCoordinator> {
    const coordinator = new TransactionCoordinator(parts)
    const { transactions } = coordinator
    coordinator.records = await RecordLog.open<TransactionRecord>(
      parts.logs,
      'transactions',
      (record) =>
        coordinator.put(record.transactionalId, evolveTransaction(coordinator.find(record.transactionalId), record)),
      function* () {
        for (const transaction of transactions.values()) yield snapshotOfTransaction(transaction)
      },
    )
    await coordinator.recover()
    return coordinator
  }

  all(): Iterable<Transaction> {
    return this.transactions.values()
  }

  find(transactionalId: string): Transaction | undefined {
    return this.transactions.get(transactionalId)
  }

  /** Calls `listener` with every record once it is on disk. It must not throw. */
  onRecord(listener: (record: TransactionRecord) => void): void {
    this.listeners.add(listener)
  }

  async initProducer(init: InitProducer): Promise<ProducerAnswer> {
    const { transactionalId, timeoutMs } = init
    if (transactionalId === '') return producerRefused(ErrorCode.INVALID_REQUEST)
    if (timeoutMs <= 0 || timeoutMs > this.parts.settings['transaction.max.timeout.ms']) {
      return producerRefused(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
    }
    return this.decideWithProducerId(transactionalId, mayNeedProducerId, (newProducerId, now) =>
      decideInitProducer(this.find(transactionalId), init, newProducerId, now),
    )
  }

  /** Begins the transaction if need be. What is added counts at once; a client may hear of it when it is `durable`. */
  add(transactionalId: string, addition: Addition): { readonly errorCode: ErrorCode; readonly durable: Promise<void> } {
    const decision = decideAddPartitions(this.find(transactionalId), addition, this.parts.clock.steady())
    return { errorCode: decision.answer, durable: heardOrNot(this.take(transactionalId, decision)) }
  }

  verify(transactionalId: string, wanted: Addition): ErrorCode {
    return verifyPartitions(this.find(transactionalId), wanted)
  }

  /** Resolves when nothing that is known by now can be lost any more. Rejects with StorageError. */
  settled(): Promise<void> {
    return heardOrNot(this.records.settled())
  }

  /** Resolves when the outcome can be seen everywhere. `bumpsEpoch`: the producer goes on under another epoch. */
  async end(transactionalId: string, end: EndTransaction, bumpsEpoch: boolean): Promise<ProducerAnswer> {
    return this.decideWithProducerId(transactionalId, outlivesProducerId, (newProducerId, now) => {
      const before = this.find(transactionalId)
      return bumpsEpoch ? decideEndAndBump(before, end, newProducerId, now) : decideEnd(before, end, now)
    })
  }

  /** Aborts transactions whose producers have not ended them in time. */
  async abortTimedOut(): Promise<void> {
    const now = this.parts.clock.steady()
    const due = [...this.all()].filter((transaction) => isTimedOut(transaction, now))
    await Promise.all(due.map(({ transactionalId }) => this.timeOut(transactionalId)))
  }

  /** `transactional.id.expiration.ms`: forgets ids that nobody uses any more. */
  async forgetUnused(): Promise<void> {
    const now = this.parts.clock.steady()
    const expirationMs = this.parts.settings['transactional.id.expiration.ms']
    for (const transaction of [...this.all()]) {
      if (!isForgotten(transaction, now, expirationMs)) continue
      const { transactionalId } = transaction
      const record = { type: 'TransactionalIdExpired', transactionalId } as const
      // A record that does not reach the disk is written again after the next start.
      await this.take(transactionalId, { transaction: undefined, records: [record], answer: undefined }).catch(() => {})
    }
  }

  /** Outcomes under way are seen through by the next start. */
  close(): void {
    this.closed = true
  }

  private timeOut(transactionalId: string): Promise<ProducerAnswer> {
    return this.decideWithProducerId(transactionalId, outlivesProducerId, (newProducerId, now) => {
      const before = this.find(transactionalId)
      const answer = producerRefused(ErrorCode.NONE)
      const isDue = before !== undefined && isTimedOut(before, now)
      return isDue ? abortByBroker(before, newProducerId, now, answer) : answered(before, answer)
    })
  }

  /** Decides with a fresh producer id at hand where one may be needed. */
  private async decideWithProducerId(
    transactionalId: string,
    mayNeed: (transaction: Transaction | undefined) => boolean,
    decide: (newProducerId: number, now: number) => Decision<ProducerAnswer>,
  ): Promise<ProducerAnswer> {
    try {
      let newProducerId = NO_PRODUCER_ID
      while (newProducerId === NO_PRODUCER_ID && mayNeed(this.find(transactionalId))) {
        newProducerId = await this.parts.producerIds.take()
      }
      const decision = decide(newProducerId, this.parts.clock.steady())
      const { transaction, records, answer } = decision
      if (records.length > 0 && transaction !== undefined && isPrepared(transaction)) {
        this.put(transactionalId, transaction)
        const errorCode = await this.seeThrough(transaction, records, false)
        return errorCode === ErrorCode.NONE ? answer : producerRefused(errorCode)
      }
      await this.take(transactionalId, decision)
      return answer
    } catch (error) {
      // The log manager has reported the disk; clients retry after this error.
      if (error instanceof StorageError) return producerRefused(ErrorCode.COORDINATOR_NOT_AVAILABLE)
      throw error
    }
  }

  /**
   * Makes a prepared outcome durable, then true everywhere, then the transaction complete. When the disk refuses, the
   * decision stands and is tried again until it succeeds; only a crash before it was durable undoes it.
   */
  private async seeThrough(
    prepared: Transaction,
    records: readonly TransactionRecord[],
    again: boolean,
  ): Promise<ErrorCode> {
    let unsaved = records
    try {
      if (unsaved.length > 0) await this.append(unsaved)
      unsaved = []
      await this.outcomes.write(prepared, again)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      this.later(() => this.seeThrough(prepared, unsaved, true))
      return unsaved.length > 0 ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE
    }
    const { transactionalId } = prepared
    const record = { type: 'TransactionCompleted', transactionalId, at: this.parts.clock.steady() } as const
    const transaction = evolveTransaction(prepared, record)
    // Nobody waits for this record: without it the next start finds that nothing is left to be written.
    void this.take(transactionalId, { transaction, records: [record], answer: undefined }).catch(() => {})
    return ErrorCode.NONE
  }

  private async recover(): Promise<void> {
    this.moveBeginnings()
    this.adoptBegun()
    await this.abortUnknown()
    await Promise.all([...this.all()].filter(isPrepared).map((prepared) => this.seeThrough(prepared, [], true)))
  }

  /** The wall clock was set back before this start: a transaction that begins in the future would be open for ever. */
  private moveBeginnings(): void {
    const now = this.parts.clock.steady()
    for (const transaction of [...this.all()]) {
      const { transactionalId, startedAt } = transaction
      if (startedAt > now) this.put(transactionalId, { ...transaction, startedAt: now })
    }
  }

  /**
   * What a producer began in a partition under its present epoch, without the journal having heard of it, is part of its
   * transaction after all: the producer was not answered and sends the batch again, which the partition knows already.
   */
  private adoptBegun(): void {
    const byProducerId = new Map(
      [...this.all()].map(({ producerId, transactionalId }) => [producerId, transactionalId]),
    )
    for (const { topic, partition, producerId, epoch } of this.outcomes.begun()) {
      const transactionalId = byProducerId.get(producerId)
      if (transactionalId === undefined) continue
      // Refused where it is of an earlier epoch, or belongs to a transaction whose outcome is decided.
      this.add(transactionalId, { producerId, epoch, partitions: [[topic, [partition]]], groups: [] })
    }
  }

  private async abortUnknown(): Promise<void> {
    const active = new Map<number, Transaction>()
    for (const transaction of this.all()) {
      if (transaction.state === 'Ongoing' || isPrepared(transaction)) active.set(transaction.producerId, transaction)
    }
    try {
      await this.outcomes.abortUnknown(active)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      this.later(() => this.abortUnknown())
    }
  }

  /** Tries again what the disk has refused. */
  private later(work: () => Promise<unknown>): void {
    this.parts.clock.after(RETRY_MS, () => {
      if (!this.closed) void work()
    })
  }

  /** Carries out a decision; resolves when nothing in its answer can be lost any more, rejects with StorageError. */
  private take(transactionalId: string, { transaction, records }: Decision<unknown>): Promise<void> {
    this.put(transactionalId, transaction)
    return records.length > 0 ? this.append(records) : this.records.settled()
  }

  private async append(records: readonly TransactionRecord[]): Promise<void> {
    await this.records.append(records)
    for (const listener of this.listeners) for (const record of records) listener(record)
  }

  private put(transactionalId: string, transaction: Transaction | undefined): void {
    if (transaction === undefined) this.transactions.delete(transactionalId)
    else this.transactions.set(transactionalId, transaction)
  }
}

/** Whoever does not wait for it, because something else went wrong before, need not hear of a failure. */
function heardOrNot<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
