import { type Answer, type Answered, Answers } from '../answers.ts'
import { drawFor } from '../draw.ts'
import { TEXT_DEFAULTS } from '../settings.ts'
import { importJournal } from '../store/import-journal.ts'
import { StoredSettings } from '../store/settings.ts'
import { rowsOf, type Store } from '../store/store.ts'

export type Channel = 'sms' | 'push'

export interface Text {
  readonly channel: Channel
  readonly to: string
  readonly text: string
  readonly receivedAt: string
}

/** A line of the ledger: one message that was taken. */
export interface TakenText {
  readonly id: number
  readonly idempotencyKey: string | null
  readonly to: string
  readonly text: string
  readonly receivedAt: string
}

export interface TextQuery {
  readonly to?: string | undefined
  readonly limit: number
  /** Messages before this one. */
  readonly cursor?: number | undefined
}

/** Nobody has this number or this device: for who wants a recipient that is not known, whatever the settings. */
const UNKNOWN = /^(\+999\d*|unknown-.*)$/

/** SMS and push messages that arrived, each once for its idempotency key. */
export class Texts {
  readonly settings
  readonly #answers
  readonly #insert

  private constructor(private readonly store: Store) {
    this.settings = {
      sms: new StoredSettings(store, 'sms', TEXT_DEFAULTS),
      push: new StoredSettings(store, 'push', TEXT_DEFAULTS),
    }
    this.#answers = new Answers(store, 'texts')
    this.#insert = store.prepare('INSERT INTO texts (at, channel, recipient, text, key) VALUES (?, ?, ?, ?, ?)')
  }

  /** @param journal where an earlier version kept its entries. */
  static async open(store: Store, journal: string): Promise<Texts> {
    const texts = new Texts(store)
    await importJournal<Text & Answered>(store, journal, (entry) => {
      texts.#answers.save(entry, Date.parse(entry.receivedAt))
      texts.#keep(entry, entry.idempotencyKey, Date.parse(entry.receivedAt))
    })
    return texts
  }

  receive(idempotencyKey: string, text: Omit<Text, 'receivedAt'>): Promise<Answer> {
    return this.#answers.once(idempotencyKey, text, () => {
      if (this.#isUnknown(text))
        return { status: 422, code: 'unknown_recipient', detail: 'nobody can be reached there' }
      this.#keep(text, idempotencyKey, Date.now())
      return { status: 202, body: { status: 'accepted' } }
    })
  }

  /** The ledger of one channel, newest first; `next` is the cursor of the messages before these. */
  find(channel: Channel, { to, limit, cursor }: TextQuery): { items: TakenText[]; next: number | undefined } {
    const conditions = [
      ['channel = ?', channel],
      ['recipient = ?', to],
      ['id < ?', cursor],
    ].filter((condition): condition is [string, string | number] => condition[1] !== undefined)
    const statement = this.store.prepare(
      `SELECT id, key AS idempotencyKey, recipient AS "to", text, at FROM texts
        WHERE ${conditions.map(([sql]) => sql).join(' AND ')} ORDER BY id DESC LIMIT ?`,
    )
    const rows = rowsOf<Omit<TakenText, 'receivedAt'> & { at: number }>(
      statement,
      ...conditions.map(([, value]) => value),
      limit + 1,
    )
    const items = rows.slice(0, limit).map(({ at, ...row }) => ({ ...row, receivedAt: new Date(at).toISOString() }))
    return { items, next: rows.length > limit ? items.at(-1)!.id : undefined }
  }

  #isUnknown({ channel, to }: Omit<Text, 'receivedAt'>): boolean {
    return UNKNOWN.test(to) || drawFor(`${channel} ${to}`) < this.settings[channel].current.unknownRate
  }

  #keep({ channel, to, text }: Omit<Text, 'receivedAt'>, key: string, at: number): void {
    this.#insert.run(at, channel, to, text, key)
  }
}
