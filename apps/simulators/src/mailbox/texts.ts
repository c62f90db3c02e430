import { type Answer, type Answered, Answers } from '../answers.ts'
import { importJournal } from '../store/import-journal.ts'
import { rowsOf, type Store } from '../store/store.ts'

export type Channel = 'sms' | 'push'

export interface Text {
  readonly channel: Channel
  readonly to: string
  readonly text: string
  readonly receivedAt: string
}

/** SMS and push messages that arrived, each once for its idempotency key. */
export class Texts {
  readonly #answers
  readonly #insert
  readonly #find

  private constructor(store: Store) {
    this.#answers = new Answers(store, 'texts')
    this.#insert = store.prepare('INSERT INTO texts (at, channel, recipient, text) VALUES (?, ?, ?, ?)')
    this.#find = store.prepare(
      'SELECT recipient AS "to", text, at FROM texts WHERE recipient = ? AND channel = ? ORDER BY id DESC LIMIT ?',
    )
  }

  /** @param journal where an earlier version kept its entries. */
  static async open(store: Store, journal: string): Promise<Texts> {
    const texts = new Texts(store)
    await importJournal<Text & Answered>(store, journal, (entry) => {
      texts.#answers.save(entry, Date.parse(entry.receivedAt))
      texts.#keep(entry, Date.parse(entry.receivedAt))
    })
    return texts
  }

  receive(idempotencyKey: string, text: Omit<Text, 'receivedAt'>): Promise<Answer> {
    return this.#answers.once(idempotencyKey, text, () => {
      this.#keep(text, Date.now())
      return { status: 202, body: { status: 'accepted' } }
    })
  }

  /** Newest first. */
  find(channel: Channel, to: string, limit: number): Omit<Text, 'channel'>[] {
    const rows = rowsOf<{ to: string; text: string; at: number }>(this.#find, to, channel, limit)
    return rows.map(({ to, text, at }) => ({ to, text, receivedAt: new Date(at).toISOString() }))
  }

  #keep({ channel, to, text }: Omit<Text, 'receivedAt'>, at: number): void {
    this.#insert.run(at, channel, to, text)
  }
}
