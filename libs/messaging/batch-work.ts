import type { UnitOfWork, Work } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Inbox } from '#libs/inbox'
import { announceMessage, type ConsumerContext, handleMessage } from './consumer-context.ts'
import type { IncomingRecord } from './incoming-record.ts'
import { ParkedKeys } from './parking/parked-keys.ts'
import type { ParkVerdict } from './parking/parked-message.ts'
import { behindVerdict, refusalVerdict, unreadableVerdict } from './parking/verdict.ts'
import { type TracedBatch, tracedBatch } from './trace-batch.ts'

/** What became of a record. */
export type RecordResult =
  | { readonly outcome: 'handled' | 'duplicate' | 'ignored' | 'queued' | 'parked' | 'dead' }
  | { readonly outcome: 'dead'; readonly refusal: Refusal }

/**
 * Records of one partition, in order, as one piece of a transaction: every id claimed, every handler run, everything
 * that cannot be handled now parked.
 */
export class BatchWork implements Work<RecordResult[]> {
  /** The record that was being looked at when the last run stopped; `undefined` once all were. */
  current: number | undefined
  /** Undefined where nobody wants to see it. */
  readonly traced: TracedBatch | undefined
  readonly #messageIds: readonly string[]

  constructor(
    private readonly context: ConsumerContext,
    readonly records: readonly IncomingRecord[],
    /** Decided already: the only record is parked instead of handled. */
    private readonly verdict?: ParkVerdict,
  ) {
    this.traced = verdict === undefined ? tracedBatch(context.source, records) : undefined
    this.#messageIds = records.flatMap(({ content }) => (content.kind === 'message' ? content.message.id : []))
  }

  get weight(): number {
    return this.records.length
  }

  announce(uow: UnitOfWork): void {
    const parkedKeys = uow.part(ParkedKeys)
    if (!this.context.recognisesDuplicates) uow.part(Inbox).announce(this.context.consumer, this.#messageIds)
    for (const [index, record] of this.records.entries()) {
      this.current = index
      if (record.content.kind !== 'message') continue
      parkedKeys.announce(this.context.consumer, record)
      if (this.verdict === undefined) announceMessage(this.context, record.content.message, record.position, uow)
    }
    this.current = undefined
  }

  async run(uow: UnitOfWork): Promise<RecordResult[]> {
    const claimed = await this.#claim(uow)
    const results: RecordResult[] = []
    for (const [index, record] of this.records.entries()) {
      this.current = index
      results.push(await this.#settle(record, claimed, uow))
    }
    this.current = undefined
    return results
  }

  /** Comes before anything is read, see ParkedKeys. */
  async #claim(uow: UnitOfWork): Promise<Set<string>> {
    const { consumer, recognisesDuplicates } = this.context
    return recognisesDuplicates ? new Set(this.#messageIds) : uow.part(Inbox).claim(consumer, this.#messageIds)
  }

  async #settle(record: IncomingRecord, claimed: Set<string>, uow: UnitOfWork): Promise<RecordResult> {
    const { consumer } = this.context
    const { content } = record
    const park = (verdict: ParkVerdict): void => uow.part(ParkedKeys).park(consumer, record, verdict)
    if (content.kind === 'ignored') return { outcome: 'ignored' }
    if (content.kind === 'unreadable') {
      if (this.context.passesOverUnreadable) return { outcome: 'ignored' }
      park(unreadableVerdict(content))
      return { outcome: 'dead' }
    }
    // Taken out once, so that a second copy in this very batch finds nothing. A message that is parked keeps its
    // claim: it is this consumer's to finish.
    if (!claimed.delete(content.message.id)) return { outcome: 'duplicate' }
    if (await uow.part(ParkedKeys).holdsBack(record)) {
      park(behindVerdict)
      return { outcome: 'queued' }
    }
    if (this.verdict !== undefined) {
      park(this.verdict)
      return { outcome: this.verdict.status === 'dead' ? 'dead' : 'parked' }
    }
    const refusal = await handleMessage(this.context, content.message, record.position, uow, this.traced?.traceparent)
    if (refusal === undefined) return { outcome: 'handled' }
    park(refusalVerdict(refusal))
    return { outcome: 'dead', refusal }
  }
}
