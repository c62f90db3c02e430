import { ErrorCode } from '#libs/kafka-protocol'
import type { GroupCoordinator } from '../groups/coordinator.ts'
import { StorageError } from '../log/log-error.ts'
import type { Topics } from '../metadata/topics.ts'
import type { Transaction } from './transaction.ts'

/** A producer's transaction as one partition knows it. */
export interface Begun {
  readonly topic: string
  readonly partition: number
  readonly producerId: number
  readonly epoch: number
}

/** Says in every partition and group of a prepared transaction how it ended. */
export class OutcomeWriter {
  private readonly topics: Topics
  private readonly groups: GroupCoordinator
  private readonly coordinatorEpoch: number

  constructor(topics: Topics, groups: GroupCoordinator, coordinatorEpoch: number) {
    this.topics = topics
    this.groups = groups
    this.coordinatorEpoch = coordinatorEpoch
  }

  /**
   * Resolves when the outcome is on the device everywhere; rejects with StorageError. With `again`, a partition in
   * which the producer has nothing open is taken for done: readers see one marker however often this is tried.
   */
  async write(prepared: Transaction, again: boolean): Promise<void> {
    const commit = prepared.state === 'PrepareCommit'
    const writes: Promise<void>[] = []
    for (const [topic, indexes] of prepared.partitions) {
      for (const index of indexes) writes.push(this.mark(topic, index, prepared, commit, again))
    }
    for (const groupId of prepared.groups) writes.push(this.groups.endTransaction(groupId, prepared.producerId, commit))
    for (const write of await Promise.allSettled(writes)) if (write.status === 'rejected') throw write.reason
  }

  /** A partition that is gone needs to hear nothing, and one that knows a newer epoch has heard it. */
  private mark(
    topic: string,
    index: number,
    { producerId, epoch }: Pick<Transaction, 'producerId' | 'epoch'>,
    commit: boolean,
    again: boolean,
  ): Promise<void> {
    const log = this.topics.find(topic)?.logs[index]
    if (log === undefined) return Promise.resolve()
    if (again && !log.hasOpenTransaction(producerId)) return log.durable(log.logEndOffset)
    // An administrator may have written in the name of a later coordinator; there is none but this one.
    const coordinatorEpoch = Math.max(this.coordinatorEpoch, log.producer(producerId)?.coordinatorEpoch ?? -1)
    const result = log.appendMarker({ producerId, epoch, commit, coordinatorEpoch })
    if (result.ok) return log.durable(result.lastOffset + 1)
    return result.errorCode === ErrorCode.INVALID_PRODUCER_EPOCH
      ? Promise.resolve()
      : Promise.reject(new StorageError(result.message))
  }

  /** Every transaction that is open in a partition, whether its coordinator knows of it or not. */
  *begun(): Generator<Begun> {
    for (const { name: topic, logs } of this.topics.all()) {
      for (const log of logs) {
        for (const [producerId, { epoch, transactionStart }] of [...log.producers()]) {
          if (transactionStart !== undefined) yield { topic, partition: log.partition, producerId, epoch }
        }
      }
    }
  }

  /**
   * Aborts what no transaction in `active` (by producer id) accounts for: its beginning reached the partition or the
   * group before a crash, and the coordinator's journal did not hear of it. Nobody was told that it had succeeded.
   */
  async abortUnknown(active: ReadonlyMap<number, Transaction>): Promise<void> {
    const writes: Promise<void>[] = []
    for (const { topic, partition, producerId, epoch } of this.begun()) {
      const isKnown = active.get(producerId)?.partitions.get(topic)?.has(partition) === true
      if (!isKnown) writes.push(this.mark(topic, partition, { producerId, epoch }, false, false))
    }
    for (const { groupId, producerId } of [...this.groups.openTransactions()]) {
      const isKnown = active.get(producerId)?.groups.has(groupId) === true
      if (!isKnown) writes.push(this.groups.endTransaction(groupId, producerId, false))
    }
    for (const write of await Promise.allSettled(writes)) if (write.status === 'rejected') throw write.reason
  }
}
