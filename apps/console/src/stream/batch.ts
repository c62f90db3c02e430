import { serverSentEvent } from '#libs/http'
import type { TopicRecord } from '#libs/messaging'
import { shownMessage } from '../messages/shown-message.ts'
import { encodePosition, type StreamPosition } from './position.ts'

/** Records in the order of their partitions, and where the feed is behind them. */
export class Batch {
  #event: Buffer | undefined

  constructor(
    readonly records: readonly TopicRecord[],
    readonly position: StreamPosition,
  ) {}

  /** All of them as one event `messages`, written once however many are sent it. */
  get event(): Buffer {
    this.#event ??= Buffer.from(
      serverSentEvent('messages', this.records.map(shownMessage), encodePosition(this.position)),
    )
    return this.#event
  }
}
