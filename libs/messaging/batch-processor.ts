import { setTimeout as delay } from 'node:timers/promises'
import { type Database, Faults, type GroupCommit } from '#libs/database'
import { createLogger, describeError, fields, recordSpan, spanTime } from '#libs/observability'
import { BatchWork, type RecordResult } from './batch-work.ts'
import type { ConsumerContext } from './consumer-context.ts'
import type { IncomingRecord } from './incoming-record.ts'
import type { RetryPolicy } from './parking/retry-policy.ts'
import { failureVerdict } from './parking/verdict.ts'
import { batchSpan } from './trace-batch.ts'

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1_000

export interface BatchProcessorOptions {
  readonly context: ConsumerContext
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly retryPolicy: RetryPolicy
  /** Something was parked that will have to be retried. */
  readonly onParked: () => void
  readonly onResults: (records: readonly IncomingRecord[], results: readonly RecordResult[]) => void
}

/** The partition is no longer ours, or the process stops: its records are somebody else's to handle, from the start. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned'
}

/**
 * Sees to it that records of a partition are handled or parked, durably and in order, whatever fails.
 *
 * Only a message that fails in a transaction of its own is parked. When a batch fails, what made it fail is a
 * suspicion, not a proof: reads are done for all messages at once, and writes at the end. So the batch is split at
 * the suspect, or in the middle, and its parts go in order; a failure costs a few transactions and hits nobody else.
 */
export class BatchProcessor {
  readonly #log = createLogger('consumer')

  constructor(private readonly options: BatchProcessorOptions) {}

  /**
   * Resolves when every record is durably handled or parked. Waits as long as the database is away. Rejects with
   * `Abandoned`, the records being settled up to some point, when `abandoned` says so.
   */
  async process(records: readonly IncomingRecord[], abandoned: () => boolean): Promise<void> {
    // Most of a topic that is read for a few of its messages: nothing to write, and no transaction.
    if (records.every(({ content }) => content.kind === 'ignored')) return this.#passedOver(records)
    const { error, suspect } = await this.#commit(new BatchWork(this.options.context, records), abandoned)
    if (error === undefined) return
    if (records.length === 1) return this.#park(records[0]!, error, abandoned)
    for (const part of split(records, suspect)) await this.process(part, abandoned)
  }

  #passedOver(records: readonly IncomingRecord[]): void {
    const results = records.map(() => ({ outcome: 'ignored' }) as const)
    this.options.onResults(records, results)
  }

  async #park(record: IncomingRecord, error: unknown, abandoned: () => boolean): Promise<void> {
    const { retryPolicy: policy, context, onParked } = this.options
    const verdict = failureVerdict(error, { attempts: 1, hasKey: record.raw.key !== null, policy, now: new Date() })
    this.#log.warn('message parked', { ...describe(record), [fields.error]: error, status: verdict.status })
    for (let wait = FIRST_WAIT_MS; ; wait = longer(wait)) {
      const failed = await this.#commit(new BatchWork(context, [record], verdict), abandoned)
      if (failed.error === undefined) break
      // Nothing of the message's own takes part in this: it must work sooner or later.
      this.#log.error('cannot park a message', { ...describe(record), [fields.error]: failed.error })
      await delay(wait)
    }
    if (verdict.status === 'retrying') onParked()
  }

  /** Commits, waiting out what is nobody's fault; answers what was wrong otherwise. */
  async #commit(work: BatchWork, abandoned: () => boolean): Promise<{ error?: unknown; suspect?: number | undefined }> {
    const faults = new Faults(this.options.database)
    for (let wait = FIRST_WAIT_MS; ; wait = longer(wait)) {
      if (abandoned()) throw new Abandoned('the partition was taken away')
      const startedAt = spanTime()
      try {
        this.#committed(work.records, await this.options.groupCommit.submit(work))
        if (work.traced !== undefined) recordSpan(batchSpan(work.traced, startedAt))
        return {}
      } catch (error) {
        if (!(await faults.isNobodys(error))) return { error, suspect: work.current }
        const details = { [fields.error]: describeError(error), [fields.count]: work.records.length }
        if (wait === FIRST_WAIT_MS) this.#log.warn('batch waits for the database', details)
        await delay(wait)
      }
    }
  }

  #committed(records: readonly IncomingRecord[], results: readonly RecordResult[]): void {
    for (const [i, result] of results.entries())
      if ('refusal' in result) this.#log.error('message refused', { ...describe(records[i]!), ...result.refusal })
    this.options.onResults(records, results)
  }
}

const longer = (wait: number): number => Math.min(LONGEST_WAIT_MS, wait * 2)

/** Before the suspect, the suspect, after it; in halves when there is none. */
const split = (records: readonly IncomingRecord[], suspect: number | undefined): (readonly IncomingRecord[])[] => {
  const at = suspect ?? Math.floor(records.length / 2)
  const end = suspect === undefined ? at : at + 1
  return [records.slice(0, at), records.slice(at, end), records.slice(end)].filter((part) => part.length > 0)
}

const describe = ({ position, raw, content }: IncomingRecord) => ({
  [fields.topic]: position.topic,
  [fields.partition]: position.partition,
  [fields.offset]: String(position.offset),
  ...(content.kind === 'message'
    ? {
        [fields.messageType]: content.message.type,
        [fields.messageId]: content.message.id,
        [fields.correlationId]: content.message.correlationId,
        [fields.traceparent]: content.message.traceparent,
        // The key of all our messages.
        ...(raw.key && { [fields.customerId]: raw.key.toString() }),
      }
    : {}),
})
