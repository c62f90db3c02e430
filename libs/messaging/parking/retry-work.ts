import type { UnitOfWork, Work } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { announceMessage, type ConsumerContext, handleMessage } from '../consumer-context.ts'
import { type IncomingRecord, readRecord } from '../incoming-record.ts'
import { publishDeadLetter, publishSettled } from './dead-letters.ts'
import { type ParkedMessage, type ParkVerdict, toReceivedRecord } from './parked-message.ts'
import { lockParked } from './sql/lock-parked.ts'
import { recordFailure } from './sql/record-failure.ts'
import { settleHandled } from './sql/settle-handled.ts'
import { refusalVerdict } from './verdict.ts'

/** Records that a try of a parked message failed. */
export const failed = async (
  uow: UnitOfWork,
  consumer: string,
  message: ParkedMessage,
  verdict: ParkVerdict,
): Promise<void> => {
  await recordFailure(uow, message.id, verdict, uow.now)
  if (verdict.status !== 'dead') return
  publishDeadLetter(uow, consumer, { ...verdict, identity: message, raw: toReceivedRecord(message) })
}

/** What became of the messages: how many were handled, and those that were refused and are dead letters now. */
export interface Retried {
  readonly handled: number
  readonly refused: readonly { readonly message: ParkedMessage; readonly refusal: Refusal }[]
}

/**
 * Parked messages of one key, in order, handled and removed in one transaction. The inbox is not asked: the parked row
 * stands for the claim that was made when it was written. Answers `'taken'`, having done nothing, when another process
 * is handling any of them, or has.
 */
export class RetryWork implements Work<Retried | 'taken'> {
  /** The message that was being handled when the last run stopped. */
  current: number | undefined
  readonly #records: readonly IncomingRecord[]

  constructor(
    private readonly context: ConsumerContext,
    private readonly messages: readonly ParkedMessage[],
  ) {
    this.#records = messages.map((message) =>
      readRecord(
        { topic: message.topic as never, partition: message.partition, offset: message.offset },
        toReceivedRecord(message),
        context.handlers,
      ),
    )
  }

  get weight(): number {
    return this.messages.length
  }

  announce(uow: UnitOfWork): void {
    for (const [index, { content, position }] of this.#records.entries()) {
      this.current = index
      if (content.kind === 'message') announceMessage(this.context, content.message, position, uow)
    }
    this.current = undefined
  }

  async run(uow: UnitOfWork): Promise<Retried | 'taken'> {
    const ids = this.messages.map(({ id }) => id)
    if ((await lockParked(uow, ids)).length < ids.length) return 'taken'
    const refused: { message: ParkedMessage; refusal: Refusal }[] = []
    const handled: bigint[] = []
    for (const [index, message] of this.messages.entries()) {
      this.current = index
      const refusal = await this.#handle(this.#records[index]!, uow)
      if (!refusal) handled.push(message.id)
      else refused.push({ message, refusal })
    }
    this.current = undefined
    for (const { message, refusal } of refused)
      await failed(uow, this.context.consumer, message, refusalVerdict(refusal, message.attempts + 1))
    for (const { id, ...message } of this.messages)
      if (handled.includes(id)) publishSettled(uow, this.context.consumer, message)
    if (handled.length > 0) await settleHandled(uow, handled, uow.now)
    return { handled: handled.length, refused }
  }

  async #handle({ content, position }: IncomingRecord, uow: UnitOfWork): Promise<Refusal | undefined> {
    if (content.kind === 'ignored') return undefined
    if (content.kind === 'unreadable') return refuse(content.reason, content.detail)
    return handleMessage(this.context, content.message, position, uow)
  }
}
