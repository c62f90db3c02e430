import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { Inbox } from '#libs/inbox'
import type { IncomingRecord } from '../incoming-record.ts'
import { publishDeadLetter } from './dead-letters.ts'
import type { NewParkedMessage, ParkVerdict } from './parked-message.ts'
import { heldBackKeys } from './sql/held-back-keys.ts'
import { digestOf, insertParked } from './sql/insert-parked.ts'

/**
 * Which keys are held back by a parked message, and what this transaction parks.
 *
 * Order of a key survives because the answer is read inside the transaction and after the inbox has claimed its ids:
 * `prefetch` sees to that. Of two processes that handle the same records (one lost its partition without noticing), the
 * second waits in the claim until the first has committed, and then sees what it parked. (Where the handlers recognise
 * duplicates there is no claim, and a message may be parked here and handled there: then its retry does nothing.) A retrier that removes the
 * last parked message of a key either commits before our read, and then the key flows with everything before it done;
 * or after it, and then our message is queued behind nothing, is the head of its key and is handled by the next pass
 * of the retrier, with whatever came after it queued behind it.
 */
export class ParkedKeys implements Part {
  readonly #reads = new GatheredReads<Asked>((asked) => this.#read(asked))
  readonly #heldBack = new Set<string>()
  readonly #parked = new Map<string, NewParkedMessage[]>()

  constructor(private readonly uow: UnitOfWork) {}

  announce(consumer: string, { position, raw }: IncomingRecord): void {
    if (raw.key === null) return
    const key = raw.key.toString('base64')
    this.#reads.announce(nameOf(position.topic, key), { consumer, topic: position.topic, key })
  }

  prefetch(): void {
    this.uow.part(Inbox).prefetch()
    this.#reads.send()
  }

  /** Whether an earlier message of an announced record's key is parked. A record without a key waits for nobody. */
  async holdsBack({ position, raw }: IncomingRecord): Promise<boolean> {
    await this.#reads.done()
    if (this.#heldBack.size === 0 || raw.key === null) return false
    return this.#heldBack.has(nameOf(position.topic, raw.key.toString('base64')))
  }

  park(consumer: string, record: IncomingRecord, verdict: ParkVerdict): void {
    const identity = { ...record.position, digest: digestOf({ record }) }
    publishDeadLetter(this.uow, consumer, { ...verdict, identity, raw: record.raw })
    const parked = this.#parked.get(consumer)
    if (parked === undefined) this.#parked.set(consumer, [{ ...verdict, record }])
    else parked.push({ ...verdict, record })
    if (verdict.blocksKey && record.raw.key !== null)
      this.#heldBack.add(nameOf(record.position.topic, record.raw.key.toString('base64')))
  }

  async flush(sql: Sql): Promise<void> {
    for (const [consumer, parked] of this.#parked) await insertParked(sql, consumer, parked, this.uow.now)
  }

  async #read(asked: readonly Asked[]): Promise<void> {
    for (const { topic, key } of await heldBackKeys(this.uow, asked)) this.#heldBack.add(nameOf(topic, key))
  }
}

export interface Asked {
  readonly consumer: string
  readonly topic: string
  /** Base64. */
  readonly key: string
}

const nameOf = (topic: string, key: string): string => `${topic}/${key}`
