import type { ServerResponse } from 'node:http'
import { serverSentEvent } from '#libs/http'
import type { TopicRecord } from '#libs/messaging'
import { Batch } from './batch.ts'
import { encodePosition, type StreamPosition } from './position.ts'
import type { FeedListener } from './topic-feed.ts'

/** More at once is no news for anybody: the page is told to look anew. */
const MOST_AT_ONCE = 500
/** What may wait in a connection for a browser that reads slowly; then it is told less, and at last hung up on. Bytes. */
const MOST_WAITING = 256 * 1024
const LONGEST_BEHIND_MS = 30_000

/**
 * One browser that looks at topics. Events: `messages`, what was published, and `reset`, look anew; the `id` of each is
 * the position behind it, with which a connection that broke goes on where it was.
 */
export class Subscription implements FeedListener {
  #begun = false
  /** While what was missed is looked for: what comes meanwhile. */
  #held: { records: TopicRecord[]; position: StreamPosition } | undefined
  #behindSince: number | undefined
  #hasMissed = false

  constructor(
    readonly topics: readonly string[],
    private readonly response: ServerResponse,
    /** Of one order only. */
    private readonly correlationId: string | undefined,
  ) {}

  /** From here on. */
  begin(position: StreamPosition): void {
    this.#begun = true
    this.#send(eventOf('begin', { topics: this.topics }, position), position)
  }

  /** From here on, as soon as it is known what was missed before. */
  hold(position: StreamPosition): void {
    this.#begun = true
    this.#held = { records: [], position }
  }

  /** What was missed, before what came meanwhile; undefined when it is too much. */
  release(missed: readonly TopicRecord[] | undefined): void {
    const { records, position } = this.#held!
    this.#held = undefined
    if (missed === undefined) this.#send(eventOf('reset', {}, position), position)
    else this.#tell(new Batch([...missed, ...records], position))
  }

  records(batch: Batch): void {
    if (!this.#begun) return
    const { records, position } = batch
    if (this.#held !== undefined) {
      // Together too much: that is found out when it is released.
      const room = Math.max(0, MOST_AT_ONCE + 1 - this.#held.records.length)
      this.#held = { records: [...this.#held.records, ...records.slice(0, room)], position }
    } else this.#tell(batch)
  }

  gap(): void {
    this.#send(eventOf('reset', {}, new Map()), new Map())
  }

  /** Says where it is, also to a page for which nothing came: it need not ask for all of that when it comes back. */
  keepAlive(position: StreamPosition): void {
    if (this.#held !== undefined || this.#isBehind()) return
    this.response.write(`id: ${encodePosition(position)}\n\n`)
  }

  #tell(batch: Batch): void {
    const mine = this.#mineOf(batch)
    if (mine.records.length === 0) return
    this.#send(mine.records.length > MOST_AT_ONCE ? eventOf('reset', {}, mine.position) : mine.event, mine.position)
  }

  #mineOf(batch: Batch): Batch {
    if (this.correlationId === undefined) return batch
    const { records, position } = batch
    return new Batch(
      records.filter(({ headers }) => headers.correlationid === this.correlationId),
      position,
    )
  }

  /** The event; in its place, when something before it was missed, that the page is to look anew. */
  #send(event: string | Buffer, position: StreamPosition): void {
    if (this.#isBehind()) {
      this.#hasMissed = true
      return
    }
    this.response.write(this.#hasMissed ? eventOf('reset', {}, position) : event)
    this.#hasMissed = false
  }

  #isBehind(): boolean {
    if (this.response.writableLength <= MOST_WAITING) {
      this.#behindSince = undefined
      return false
    }
    this.#behindSince ??= Date.now()
    if (Date.now() - this.#behindSince > LONGEST_BEHIND_MS) this.response.destroy()
    return true
  }
}

const eventOf = (event: string, data: unknown, position: StreamPosition): string =>
  serverSentEvent(event, data, position.size === 0 ? undefined : encodePosition(position))
