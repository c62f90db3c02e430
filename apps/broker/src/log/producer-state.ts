import { ErrorCode } from '#libs/kafka-protocol'
import { type LogRefusal, refuse } from './log-error.ts'

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
}

export interface SequencedBatch {
  readonly producerId: number
  readonly epoch: number
  readonly firstSequence: number
  readonly lastSequence: number
}

/** A client keeps at most five requests in flight, so an older batch is never sent again. */
const BATCHES_TO_RETAIN = 5
const MAX_SEQUENCE = 0x7fff_ffff
const EXPIRATION_MS = 24 * 3_600_000

/**
 * The sequence numbers of every producer of one partition: what makes a retry harmless. Mirrors Kafka's
 * ProducerStateManager: a batch sent again is answered with its first offset, a gap is refused, an older epoch is
 * fenced, a new epoch starts at 0, and a producer nobody remembers may start anywhere.
 */
export class ProducerStateManager {
  private readonly producers: Map<number, ProducerStateEntry>

  constructor(known: Iterable<readonly [number, ProducerStateEntry]> = []) {
    this.producers = new Map(known)
  }

  /** The earlier acceptance of this very batch, a refusal, or undefined when it is new and in sequence. */
  check(batch: SequencedBatch): BatchMetadata | LogRefusal | undefined {
    const entry = this.producers.get(batch.producerId)
    if (entry === undefined) return undefined
    if (batch.epoch < entry.epoch) {
      return refuse(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `producer ${batch.producerId} wrote with epoch ${batch.epoch}, current is ${entry.epoch}`,
      )
    }
    if (batch.epoch > entry.epoch) return batch.firstSequence === 0 ? undefined : outOfOrder(batch, 0)
    const original = entry.batches.find(
      (known) => known.firstSequence === batch.firstSequence && known.lastSequence === batch.lastSequence,
    )
    if (original !== undefined) return original
    const expected = nextSequence(entry.batches.at(-1)?.lastSequence ?? -1)
    return batch.firstSequence === expected ? undefined : outOfOrder(batch, expected)
  }

  /** Returns what was known before, for `restore`. */
  apply(batch: SequencedBatch, at: Omit<BatchMetadata, 'firstSequence' | 'lastSequence'>, now: number) {
    const previous = this.producers.get(batch.producerId)
    const { firstSequence, lastSequence } = batch
    const known = previous !== undefined && previous.epoch === batch.epoch ? previous.batches : []
    const batches = [...known.slice(1 - BATCHES_TO_RETAIN), { firstSequence, lastSequence, ...at }]
    this.producers.set(batch.producerId, { epoch: batch.epoch, batches, lastSeen: now })
    return previous
  }

  restore(producerId: number, previous: ProducerStateEntry | undefined): void {
    if (previous === undefined) this.producers.delete(producerId)
    else this.producers.set(producerId, previous)
  }

  /** Forgets producers idle for a day; sooner would turn an idle producer's next batch into a gap. */
  expire(now: number): void {
    for (const [producerId, entry] of this.producers) {
      if (now - entry.lastSeen > EXPIRATION_MS) this.producers.delete(producerId)
    }
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

function outOfOrder(batch: SequencedBatch, expected: number): LogRefusal {
  return refuse(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${batch.producerId} sent sequence ${batch.firstSequence}, expected ${expected}`,
  )
}
