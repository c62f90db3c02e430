import { hash } from 'node:crypto'
import { importJournal } from '../store/import-journal.ts'
import { rowOf, rowsOf, type Store } from '../store/store.ts'
import type { ParsedMail } from './parse-mail.ts'

/** A mail as one recipient got it. */
export interface StoredMail extends ParsedMail {
  readonly to: string
  readonly receivedAt: string
}

/** A line of the journal of earlier versions. */
type Entry = StoredMail | { readonly suppressed: string }

export interface MailQuery {
  readonly to?: string | undefined
  readonly orderId?: string | undefined
  readonly limit: number
  /** Mails before this one. */
  readonly cursor?: number | undefined
}

interface Row {
  readonly id: number
  readonly mail: string
}

/** Every mail that arrived, once: one with a Message-ID that its recipient has already is suppressed and counted. */
export class Mailbox {
  readonly #insert
  readonly #countSuppressed
  readonly #suppressed

  private constructor(private readonly store: Store) {
    this.#insert = store.prepare(
      'INSERT INTO mails (at, recipient, order_id, identity, mail) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
    this.#countSuppressed = store.prepare(
      "INSERT INTO sums VALUES ('suppressed', '', 1) ON CONFLICT DO UPDATE SET value = value + 1",
    )
    this.#suppressed = store.prepare("SELECT value FROM sums WHERE name = 'suppressed'")
  }

  /** @param journal where an earlier version kept its entries. */
  static async open(store: Store, journal: string): Promise<Mailbox> {
    const mailbox = new Mailbox(store)
    await importJournal<Entry>(store, journal, (entry) => {
      if ('suppressed' in entry) mailbox.#countSuppressed.run()
      else mailbox.#keep(entry)
    })
    return mailbox
  }

  /** Mails kept from a second delivery. */
  get suppressed(): number {
    return rowOf<{ value: number }>(this.#suppressed)?.value ?? 0
  }

  /** Resolves when every recipient's copy is on disk. */
  async deliver(mail: ParsedMail, recipients: readonly string[]): Promise<void> {
    const receivedAt = new Date().toISOString()
    await this.store.write(() => {
      for (const to of new Set(recipients.map(mailboxName))) this.#keep({ to, ...mail, receivedAt })
    })
  }

  /** Newest first; `next` is the cursor of the mails before these. */
  find({ to, orderId, limit, cursor }: MailQuery): { items: StoredMail[]; next: number | undefined } {
    const conditions = [
      ['id < ?', cursor],
      ['order_id = ?', orderId],
      // An order has few mails, so the recipient is looked at only after it.
      [orderId === undefined ? 'recipient = ?' : '+recipient = ?', to && mailboxName(to)],
    ].filter((condition): condition is [string, string | number] => condition[1] !== undefined)
    const where = conditions.length > 0 ? `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}` : ''
    const statement = this.store.prepare(`SELECT id, mail FROM mails ${where} ORDER BY id DESC LIMIT ?`)
    const rows = rowsOf<Row>(statement, ...conditions.map(([, value]) => value), limit + 1)
    const items = rows.slice(0, limit)
    return {
      items: items.map(({ mail }) => JSON.parse(mail)),
      next: rows.length > limit ? items.at(-1)!.id : undefined,
    }
  }

  #keep(mail: StoredMail): void {
    const { to, receivedAt, orderId = null, messageId } = mail
    const identity = messageId === undefined ? null : identityOf(to, messageId)
    const { changes } = this.#insert.run(Date.parse(receivedAt), to, orderId, identity, JSON.stringify(mail))
    if (changes === 0) this.#countSuppressed.run()
  }
}

const mailboxName = (address: string): string => address.toLowerCase()

/** Hashed, since an index of whole ones would be the most of the mailbox. */
const identityOf = (to: string, messageId: string): string =>
  hash('sha256', `${to} ${messageId}`, 'base64url').slice(0, 22)
