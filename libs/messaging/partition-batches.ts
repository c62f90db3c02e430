import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { Topic } from '#libs/contracts'
import { gauge, histogram, metrics } from '#libs/observability'
import { Abandoned } from './batch-processor.ts'
import { type IncomingRecord, type KnownTypes, readRecord } from './incoming-record.ts'
import { unreadableBatch } from './kafkajs/fetch-decoder.ts'
import type { NextOffset } from './offset-committer.ts'

/** Records of a partition in one transaction, at most. */
const MAX_RECORDS = 500
/** How often a batch under way makes sure that the group knows we live. */
const HEARTBEAT_MS = 1_000

export interface RecordProcessor {
  /**
   * Resolves when these records of one partition need not be read again; may reject with `Abandoned` when `abandoned`
   * says that the partition is no longer ours.
   */
  process(records: readonly IncomingRecord[], abandoned: () => boolean): Promise<void>
}

export interface PartitionBatchesOptions {
  readonly handlers: KnownTypes
  readonly processor: RecordProcessor
}

/**
 * Takes what the client fetched, partition by partition, through the processor and moves the partition's position on
 * behind it. A batch may take as long as it has to (the database may be away for an hour): it keeps the membership
 * alive meanwhile, and gives up only when the partition is lost.
 */
export class PartitionBatches {
  readonly #lag = gauge(metrics.messaging.lag)
  readonly #duration = histogram(metrics.messaging.batchDuration)
  readonly #measured = new Map<string, { readonly topic: string; readonly partition: number }>()
  #draining = false
  #underWay = 0
  #idle: () => void = () => {}

  constructor(private readonly options: PartitionBatchesOptions) {}

  get underWay(): number {
    return this.#underWay
  }

  /** After a rebalance: how far behind a partition is, is its new owner's to say. */
  keepOnly(assignment: Readonly<Record<string, readonly number[]>>): void {
    for (const [name, { topic, partition }] of this.#measured) {
      if (assignment[topic]?.includes(partition)) continue
      this.#lag.remove({ topic, partition: String(partition) })
      this.#measured.delete(name)
    }
  }

  /** Begins nothing new; resolves when what is under way is done. */
  drain(): Promise<void> {
    this.#draining = true
    return new Promise((resolve) => {
      this.#idle = resolve
      if (this.#underWay === 0) resolve()
    })
  }

  async handle(payload: EachBatchPayload, done: (next: NextOffset) => void): Promise<void> {
    if (this.#draining) return
    this.#underWay++
    let lost: unknown
    const beating = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => {
        lost = error
      })
    }, HEARTBEAT_MS)
    try {
      await this.#handleInParts(payload, done, () => lost !== undefined || !payload.isRunning() || payload.isStale())
    } catch (error) {
      // The client knows what to do about its own error, e.g. to join the group again.
      if (lost !== undefined) throw lost
      if (!(error instanceof Abandoned)) throw error
    } finally {
      clearInterval(beating)
      if (--this.#underWay === 0) this.#idle()
    }
  }

  async #handleInParts(
    { batch, resolveOffset }: EachBatchPayload,
    done: (next: NextOffset) => void,
    abandoned: () => boolean,
  ): Promise<void> {
    const { topic, partition, messages, highWatermark } = batch
    for (let start = 0; start < messages.length && !this.#draining; start += MAX_RECORDS) {
      const part = messages.slice(start, start + MAX_RECORDS)
      const committed = this.#duration.startTimer({ topic })
      await this.options.processor.process(
        part.map((message) => this.#read(topic as Topic, partition, message)),
        abandoned,
      )
      committed(traceparentOf(part.at(-1)!))
      const last = part.at(-1)!.offset
      const next = BigInt(last) + 1n
      resolveOffset(last)
      done({ topic, partition, offset: String(next) })
      this.#measured.set(`${topic}/${partition}`, { topic, partition })
      this.#lag.set({ topic, partition: String(partition) }, Number(BigInt(highWatermark) - next))
    }
  }

  #read(topic: Topic, partition: number, message: KafkaMessage): IncomingRecord {
    const { offset, timestamp, key, value, headers } = message
    const position = { topic, partition, offset: BigInt(offset), publishedAt: Number(timestamp) }
    const detail = unreadableBatch(message)
    if (detail === undefined) return readRecord(position, { key, value, headers }, this.options.handlers)
    return {
      position,
      raw: { key, value, headers },
      content: { kind: 'unreadable', reason: 'unreadable_batch', detail },
    }
  }
}

/** Of the record, where it names one as ours do. */
const traceparentOf = ({ headers }: KafkaMessage): string | undefined => {
  const given = headers?.traceparent
  return Buffer.isBuffer(given) || typeof given === 'string' ? given.toString() : undefined
}
