import { ErrorCode } from '#libs/kafka-protocol'
import { AbortedTransactions } from './aborted-transactions.ts'
import { type LogRefusal, refuse } from './log-error.ts'
import { OpenTransactions } from './open-transactions.ts'
import { Verifications } from './verifications.ts'

/** What the log remembers of one accepted batch of an idempotent producer. */
export interface BatchMetadata {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

/** Never modified: a new one replaces it, so a failed write can put the old one back. */
export interface ProducerStateEntry {
  readonly epoch: number
  /** The last batches, oldest first, at most `BATCHES_TO_RETAIN`; all of `epoch`. */
  readonly batches: readonly BatchMetadata[]
  /** When it last wrote, for expiry. */
  readonly lastSeen: number
  /** Where its open transaction begins in this partition. */
  readonly transactionStart?: number | undefined
  /** Of the coordinator that wrote its last marker. */
  readonly coordinatorEpoch?: number | undefined
}

export interface SequencedBatch {
  readonly producerId: number
  readonly epoch: number
  readonly firstSequence: number
  readonly lastSequence: number
  readonly transactional: boolean
}

/** The end of a transaction in this partition. */
export interface Marker {
  readonly producerId: number
  readonly epoch: number
  readonly commit: boolean
  readonly coordinatorEpoch: number
}

/** A client keeps at most five requests in flight, so an older batch is never sent again. */
const BATCHES_TO_RETAIN = 5
const MAX_SEQUENCE = 0x7fff_ffff
const NO_EPOCH = -1

const { INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, OUT_OF_ORDER_SEQUENCE_NUMBER, TRANSACTION_COORDINATOR_FENCED } =
  ErrorCode

/**
 * The sequence numbers and transactions of every producer of one partition: what makes a retry harmless and an aborted
 * record invisible. Mirrors Kafka's ProducerStateManager: a batch sent again is answered with its first offset, a gap
 * is refused, an older epoch is fenced, a new epoch starts at 0, and a producer nobody remembers may start anywhere.
 */
export class ProducerStateManager {
  readonly open = new OpenTransactions()
  private readonly verifications = new Verifications()
  private readonly producers: Map<number, ProducerStateEntry>

  constructor(
    known: Iterable<readonly [number, ProducerStateEntry]> = [],
    readonly aborted: AbortedTransactions = new AbortedTransactions(),
  ) {
    this.producers = new Map(known)
    const started = [...this.producers].filter(([, { transactionStart }]) => transactionStart !== undefined)
    started.sort(([, a], [, b]) => a.transactionStart! - b.transactionStart!)
    for (const [producerId, { transactionStart }] of started) this.open.begin(transactionStart!, producerId)
  }

  /**
   * A transactional batch has come. True when it goes on with what is open; otherwise the coordinator has to be asked
   * whether it may begin a transaction here. `adds`: the coordinator adds the partition by itself. `isKnown`: the
   * coordinator knows the producer; of others nothing is remembered, since anybody can make up an id.
   */
  continues(
    batch: Omit<SequencedBatch, 'lastSequence' | 'transactional'>,
    adds: boolean,
    isKnown: boolean,
    now: number,
  ): boolean | LogRefusal {
    const { producerId, epoch, firstSequence } = batch
    const entry = this.producers.get(producerId)
    if (entry !== undefined && epoch < entry.epoch) return staleEpoch(batch, entry.epoch)
    if (this.hasOpen(producerId, epoch)) return true
    if (isKnown) this.verifications.begin(producerId, epoch, firstSequence, adds, now)
    return false
  }

  /**
   * The earlier acceptance of this very batch, a refusal, or undefined when it is new and in sequence. `isAdmitted`: the
   * coordinator lets it begin a transaction here.
   */
  check(batch: SequencedBatch, isAdmitted: boolean): BatchMetadata | LogRefusal | undefined {
    const { producerId, epoch, firstSequence, transactional } = batch
    const entry = this.producers.get(producerId)
    const known = entry !== undefined && epoch === entry.epoch ? entry.batches : []
    const original = known.find((one) => one.firstSequence === firstSequence && one.lastSequence === batch.lastSequence)
    if (original !== undefined) return original
    if (epoch < (entry?.epoch ?? NO_EPOCH)) return staleEpoch(batch, entry?.epoch ?? NO_EPOCH)
    if (transactional && !isAdmitted && !this.hasOpen(producerId, epoch)) return notAdded(batch)
    const limit = this.verifications.limit(producerId, entry === undefined || entry.batches.length === 0)
    if (firstSequence > limit) return outOfOrder(batch, limit)
    if (entry === undefined) return undefined
    const expected = nextSequence(known.at(-1)?.lastSequence ?? -1)
    if (firstSequence !== expected) return outOfOrder(batch, expected)
    if (transactional || entry.transactionStart === undefined) return undefined
    return refuse(INVALID_TXN_STATE, `producer ${producerId} has a transaction open, the batch is not part of it`)
  }

  /** Returns what was known before, for `undo`. */
  apply(batch: SequencedBatch, at: Omit<BatchMetadata, 'firstSequence' | 'lastSequence'>, now: number) {
    const previous = this.producers.get(batch.producerId)
    const { producerId, epoch, firstSequence, lastSequence } = batch
    const known = previous !== undefined && previous.epoch === epoch ? previous.batches : []
    const batches = [...known.slice(1 - BATCHES_TO_RETAIN), { firstSequence, lastSequence, ...at }]
    if (batch.transactional) this.verifications.written(producerId)
    const begins = batch.transactional && previous?.transactionStart === undefined
    if (begins) this.open.begin(at.baseOffset, producerId)
    const transactionStart = begins ? at.baseOffset : previous?.transactionStart
    const { coordinatorEpoch } = previous ?? {}
    this.producers.set(producerId, { epoch, batches, lastSeen: now, transactionStart, coordinatorEpoch })
    return previous
  }

  /** `isBumped`: the marker must be of a newer epoch than what it ends, unless it has been written before. */
  checkMarker({ producerId, epoch, coordinatorEpoch }: Marker, isBumped: boolean): LogRefusal | undefined {
    const entry = this.producers.get(producerId)
    if (entry === undefined) return undefined
    const isLate = isBumped && epoch === entry.epoch && entry.transactionStart !== undefined
    if (epoch < entry.epoch || isLate) {
      return refuse(INVALID_PRODUCER_EPOCH, `a marker of epoch ${epoch}, producer ${producerId} is at ${entry.epoch}`)
    }
    const known = entry.coordinatorEpoch ?? -1
    if (coordinatorEpoch >= known) return undefined
    return refuse(
      TRANSACTION_COORDINATOR_FENCED,
      `a marker of coordinator epoch ${coordinatorEpoch}, known is ${known}`,
    )
  }

  /** Returns what was known before, for `undo`. The sequence goes on where the epoch does. */
  applyMarker({ producerId, epoch, commit, coordinatorEpoch }: Marker, offset: number, now: number) {
    const previous = this.producers.get(producerId)
    const firstOffset = previous?.transactionStart
    if (firstOffset !== undefined) {
      const stableOffset = this.open.end(firstOffset, offset)
      if (!commit) this.aborted.add({ producerId, firstOffset, lastOffset: offset, stableOffset })
    }
    this.verifications.ended(producerId, epoch)
    const batches = previous?.epoch === epoch ? previous.batches : []
    this.producers.set(producerId, { epoch, batches, lastSeen: now, coordinatorEpoch })
    return previous
  }

  /** Takes back the latest `apply` or `applyMarker` of this producer, which concerned `offset`. */
  undo(producerId: number, previous: ProducerStateEntry | undefined, offset: number): void {
    const before = previous?.transactionStart
    const after = this.producers.get(producerId)?.transactionStart
    if (before === undefined && after !== undefined) this.open.cancelBegin(after)
    if (before !== undefined && after === undefined) {
      this.open.cancelEnd()
      this.aborted.cancel(offset)
    }
    if (previous === undefined) this.producers.delete(producerId)
    else this.producers.set(producerId, previous)
  }

  hasOpen(producerId: number, epoch?: number): boolean {
    const entry = this.producers.get(producerId)
    return entry?.transactionStart !== undefined && (epoch === undefined || entry.epoch === epoch)
  }

  find(producerId: number): ProducerStateEntry | undefined {
    return this.producers.get(producerId)
  }

  /** Forgets producers idle for so long; too soon would turn an idle producer's next batch into a gap. */
  expire(now: number, expirationMs: number): void {
    for (const [producerId, { lastSeen, transactionStart }] of this.producers) {
      if (transactionStart === undefined && now - lastSeen >= expirationMs) this.producers.delete(producerId)
    }
    this.verifications.expire(now, expirationMs)
  }

  entries(): IterableIterator<[number, ProducerStateEntry]> {
    return this.producers.entries()
  }
}

/** The sequence after `sequence`; they wrap at 2^31 - 1. */
export function nextSequence(sequence: number): number {
  return sequence === MAX_SEQUENCE ? 0 : sequence + 1
}

export function lastSequenceOf(firstSequence: number, records: number): number {
  const last = firstSequence + records - 1
  return last <= MAX_SEQUENCE ? last : last - MAX_SEQUENCE - 1
}

const notAdded = ({ producerId }: SequencedBatch): LogRefusal =>
  refuse(INVALID_TXN_STATE, `the partition was not added to the transaction of producer ${producerId}`)

const staleEpoch = ({ producerId, epoch }: Pick<SequencedBatch, 'producerId' | 'epoch'>, current: number): LogRefusal =>
  refuse(INVALID_PRODUCER_EPOCH, `producer ${producerId} wrote with epoch ${epoch}, current is ${current}`)

const outOfOrder = ({ producerId, firstSequence }: SequencedBatch, expected: number): LogRefusal =>
  refuse(OUT_OF_ORDER_SEQUENCE_NUMBER, `producer ${producerId} sent sequence ${firstSequence}, expected ${expected}`)
