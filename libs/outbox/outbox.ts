import { encode, type Message, type StreamTopic, type Topic, topicOf, type WireRecord } from '#libs/contracts'
import type { Part, Sql, UnitOfWork } from '#libs/database'
import { localRelays } from './local-relays.ts'
import { slotOf } from './slot.ts'
import { insertMessages } from './sql/insert-messages.ts'
import { notifyRelays } from './sql/notify-relays.ts'

/** Kafka refuses records above 1 MiB for good, and a row that can never be published would stop all behind it. */
const LARGEST_VALUE_BYTES = 1_000_000

/** The messages that are published if, and only if, this unit of work commits; in the order they were added. */
export class Outbox implements Part {
  /** Row ids are drawn at the flush, so they must be drawn under every lock that orders this transaction. */
  readonly flushedLast = true
  readonly #rows: OutboxRow[] = []

  constructor(private readonly uow: UnitOfWork) {}

  /** @param more headers beside those of every message. */
  add(message: Message, more: Readonly<Record<string, string>> = {}): void {
    const { headers, ...encoded } = encode(message)
    const record = { ...encoded, headers: { ...headers, ...more } }
    if (Buffer.byteLength(record.value) > LARGEST_VALUE_BYTES)
      throw new RangeError(`${message.type} ${message.id} is larger than ${LARGEST_VALUE_BYTES} bytes`)
    this.addRaw(topicOf(message.type), record)
  }

  /** A record as it is, for which no contract vouches: e.g. what an operator tries. Its value is no larger than a record may be. */
  addRaw(topic: Topic | StreamTopic, record: WireRecord): void {
    this.#rows.push({ slot: slotOf(record.key), topic, record })
  }

  /** What was last said under this key of a compacted topic holds no longer. */
  addTombstone(topic: Topic, key: string): void {
    this.addRaw(topic, { key, value: null, headers: {} })
  }

  /**
   * A relay of this process is handed the rows without the database. NOTIFY is for the others, and only sent for slots that no
   * relay here holds: committing with a notification takes turns on the whole server, fsync included.
   */
  async flush(sql: Sql): Promise<void> {
    if (this.#rows.length === 0) return
    const relays = localRelays(this.uow.database)
    const areHandedOver = this.#rows.every(({ slot }) => relays.some((relay) => relay.holds(slot)))
    const [ids] = await Promise.all([insertMessages(sql, this.#rows), areHandedOver ? undefined : notifyRelays(sql)])
    if (relays.length === 0) return
    this.uow.afterCommit(() => {
      const insertedMs = Date.now()
      const rows = this.#rows.map(({ topic, record }, i) => ({ id: ids[i]!, topic, ...record, insertedMs }))
      for (const relay of relays) relay.committed(rows)
    })
  }
}

export interface OutboxRow {
  readonly slot: number
  readonly topic: string
  readonly record: WireRecord
}
