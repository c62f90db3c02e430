import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger, fields } from '#libs/observability'
import type { OutboxRecord } from './hand-over.ts'
import { PartitionGate, type Passage } from './partition-gate.ts'
import type { Partitioner, Publisher } from './publisher.ts'
import { Publishing } from './publishing.ts'
import type { RelayConnection } from './relay-connection.ts'
import { deleteBatch } from './sql/delete-batch.ts'

/** A batch is waited for this long before others go on without it, milliseconds. */
const PATIENCE_MS = 2_000
/** Batches that others went on without, at most. */
const MOST_SLOW = 4

const log = createLogger('outbox')

export interface DeliveryOptions {
  readonly publisher: Publisher
  /** Rows of a batch that the broker has. */
  readonly onAcknowledged: (rows: readonly OutboxRecord[]) => void
  /** A batch that others went on without is through. */
  readonly onSettled: () => void
  readonly crashPoint?: ((name: 'after-publish-before-delete') => void | Promise<void>) | undefined
}

/**
 * Brings batches to the broker, and removes from the table what it acknowledged: one after the other, but a batch that is
 * slow and partitions that are away hold up their own rows only. Outlives the session with the database, so that what
 * was acknowledged is not published again because its session ended before it could be removed.
 */
export class Delivery {
  readonly #gate = new PartitionGate()
  readonly #slow = new Map<Publishing, Destination>()
  readonly #finished: Publishing[] = []
  /** The broker has them, and so has the table. */
  readonly #acknowledged = new Set<bigint>()
  #removal: Promise<void> = Promise.resolve()

  constructor(private readonly options: DeliveryOptions) {}

  /** Whether rows may go to every partition. */
  get allOpen(): boolean {
    return this.#gate.allOpen
  }

  get retryInMs(): number {
    return this.#gate.retryInMs
  }

  passages(): (topic: string, key: string) => Passage {
    return this.#gate.passages(this.#partitioner())
  }

  /** A session begins: removes what the last one could not. */
  async begin(connection: RelayConnection): Promise<void> {
    this.#removal = Promise.resolve()
    await this.#remove(connection)
    await this.#removal
  }

  /**
   * Publishes the batch; answers false when there are rows of it that wait longer than the next batch may, or that the broker
   * does not have. Rejects when the session ended.
   */
  async publish(connection: RelayConnection, batch: readonly OutboxRecord[]): Promise<boolean> {
    const partitionOf = this.#partitioner()
    const publishing = await this.#send(connection, batch)
    const isSettled = await settledIn(PATIENCE_MS, publishing)
    await this.options.crashPoint?.('after-publish-before-delete')
    if (!isSettled) this.#goOnWithout(publishing, { partitionOf, isRetry: false })
    const isThrough = isSettled && (await this.#settle(publishing, { partitionOf, isRetry: false }))
    await this.#remove(connection)
    return isThrough
  }

  /** Rows of partitions that were away: whether they are still, shows while the others go on. */
  async retry(connection: RelayConnection, batch: readonly OutboxRecord[]): Promise<void> {
    const partitionOf = this.#partitioner()
    const publishing = await this.#send(connection, batch)
    this.#gate.retrying()
    this.#goOnWithout(publishing, { partitionOf, isRetry: true })
  }

  /** No row of these slots waits for a partition that is away. */
  nothingWaits(): void {
    this.#gate.reopen()
  }

  /** Takes note of what became of batches that others went on without. */
  async collect(connection: RelayConnection): Promise<void> {
    if (this.#finished.length === 0) return
    for (const publishing of this.#finished.splice(0)) {
      const destination = this.#slow.get(publishing)!
      this.#slow.delete(publishing)
      this.#gate.release(publishing)
      await this.#settle(publishing, destination)
    }
    await this.#remove(connection)
  }

  /** Resolves when nothing is on its way, and what was acknowledged is removed. */
  async quiesce(connection: RelayConnection): Promise<void> {
    await Promise.all([...this.#slow.keys()].map(({ settled }) => settled))
    await this.collect(connection)
    await this.#removal
  }

  /** What is published without its removal being confirmed is never more than two batches. */
  async #send(connection: RelayConnection, batch: readonly OutboxRecord[]): Promise<Publishing> {
    if (this.#slow.size >= MOST_SLOW) {
      await Promise.race([...this.#slow.keys()].map(({ settled }) => settled))
      await this.collect(connection)
    }
    await connection.verify()
    return new Publishing(this.options.publisher, batch, (rows) => {
      for (const { id } of rows) this.#acknowledged.add(id)
      this.options.onAcknowledged(rows)
    })
  }

  #goOnWithout(publishing: Publishing, destination: Destination): void {
    this.#gate.hold(publishing, publishing.waiting, destination.partitionOf)
    this.#slow.set(publishing, destination)
    publishing.settled.then(() => {
      this.#finished.push(publishing)
      this.options.onSettled()
    })
  }

  async #settle({ settled, batch, waiting }: Publishing, { partitionOf, isRetry }: Destination): Promise<boolean> {
    const error = await settled
    if (error === undefined && this.#gate.allOpen) return true
    const partitionsOf = (rows: Iterable<OutboxRecord>) =>
      new Set(Array.from(rows, ({ topic, key }) => partitionOf(topic, key)))
    const failed = partitionsOf(waiting)
    this.#gate.settle(partitionsOf(batch), failed, isRetry)
    if (error === undefined) return true
    const partitions = [...failed].sort().join()
    log.warn('publishing failed; trying again', { [fields.error]: error, [fields.count]: waiting.size, partitions })
    return false
  }

  async #remove(connection: RelayConnection): Promise<void> {
    await this.#removal
    const ids = [...this.#acknowledged]
    if (ids.length === 0) return
    this.#removal = deleteBatch(connection, ids).then(() => {
      for (const id of ids) this.#acknowledged.delete(id)
    })
    // Whoever removes next, or begins anew, sees to it.
    this.#removal.catch(() => {})
  }

  #partitioner(): Partitioner {
    return this.options.publisher.partitioner?.() ?? ((topic) => topic)
  }
}

interface Destination {
  readonly partitionOf: Partitioner
  /** Of partitions that were away. */
  readonly isRetry: boolean
}

const settledIn = async (ms: number, { settled }: Publishing): Promise<boolean> => {
  const stop = new AbortController()
  const patience = sleep(ms, false, { signal: stop.signal }).catch(() => false)
  try {
    return await Promise.race([settled.then(() => true), patience])
  } finally {
    stop.abort()
  }
}
