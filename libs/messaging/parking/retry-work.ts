import type { UnitOfWork, Work } from '#libs/database'
import { type ConsumerContext, handleMessage } from '../consumer-context.ts'
import { Unprocessable } from '../errors.ts'
import { type IncomingRecord, readRecord } from '../incoming-record.ts'
import { type ParkedMessage, toReceivedRecord } from './parked-message.ts'
import { takeParked } from './sql/take-parked.ts'

/** Another process is handling these messages, or has: they are not ours to handle. */
export class TakenByAnother extends Error {
  override readonly name = 'TakenByAnother'
}

/**
 * Parked messages of one key, in order, removed and handled in one transaction. The inbox is not asked: the parked
 * row stands for the claim that was made when it was written. Fails with `TakenByAnother` unless it gets all of them.
 */
export class RetryWork implements Work<void> {
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
      if (content.kind === 'message') this.context.announce(content.message, uow, position)
    }
    this.current = undefined
  }

  async run(uow: UnitOfWork): Promise<void> {
    const ids = this.messages.map(({ id }) => id)
    if ((await takeParked(uow, ids)) < ids.length) throw new TakenByAnother()
    for (const [index, { content, position }] of this.#records.entries()) {
      this.current = index
      if (content.kind === 'unreadable') throw new Unprocessable(content.detail)
      if (content.kind === 'message') await handleMessage(this.context, content.message, position, uow)
    }
    this.current = undefined
  }
}
