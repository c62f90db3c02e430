import { hash } from 'node:crypto'
import { Journal } from '../journal.ts'
import type { ParsedMail } from './parse-mail.ts'

/** A mail as one recipient got it. */
export interface StoredMail extends ParsedMail {
  readonly to: string
  readonly receivedAt: string
}

type Entry = StoredMail | { readonly suppressed: string }

export interface MailQuery {
  readonly to?: string | undefined
  readonly orderId?: string | undefined
  readonly limit: number
  /** How many of the mails that match, counted from the oldest, are still to be read. */
  readonly cursor?: number | undefined
}

/**
 * Every mail that arrived, once: one with a Message-ID that its recipient has already is suppressed and counted, as
 * real mail stores do. Memory holds where mails are, not the mails.
 */
export class Mailbox {
  readonly #all: number[] = []
  readonly #byRecipient = new Map<string, number[]>()
  readonly #byOrder = new Map<string, number[]>()
  /** Includes mails whose write is under way. */
  readonly #known = new Set<string>()
  #suppressed = 0
  #journal!: Journal<Entry>

  static async open(path: string): Promise<Mailbox> {
    const mailbox = new Mailbox()
    mailbox.#journal = await Journal.open<Entry>(path, (entry, position) => mailbox.#restore(entry, position))
    return mailbox
  }

  /** Mails kept from a second delivery. */
  get suppressed(): number {
    return this.#suppressed
  }

  /** Resolves when every recipient's copy is on disk. */
  async deliver(mail: ParsedMail, recipients: readonly string[]): Promise<void> {
    await Promise.all([...new Set(recipients.map(mailboxName))].map((to) => this.#deliverTo(to, mail)))
  }

  /** Newest first; `next` is the cursor of the mails before these. */
  async find({ to, orderId, limit, cursor }: MailQuery): Promise<{ items: StoredMail[]; next: number | undefined }> {
    const positions = this.#candidates(to, orderId)
    const matches = async (position: number) => {
      const mail = (await this.#journal.read(position)) as StoredMail
      return to === undefined || mail.to === mailboxName(to) ? mail : undefined
    }
    const items: StoredMail[] = []
    let end = Math.min(cursor ?? positions.length, positions.length)
    while (end > 0 && items.length < limit) {
      const start = Math.max(0, end - (limit - items.length))
      const mails = await Promise.all(positions.slice(start, end).reverse().map(matches))
      items.push(...mails.filter((mail) => mail !== undefined))
      end = start
    }
    return { items, next: end > 0 ? end : undefined }
  }

  check(): Promise<void> {
    return this.#journal.check()
  }

  close(): Promise<void> {
    return this.#journal.close()
  }

  async #deliverTo(to: string, mail: ParsedMail): Promise<void> {
    const identity = identityOf(to, mail.messageId)
    if (identity !== undefined && this.#known.has(identity)) {
      // Durable after the mail it repeats, which may still be on its way to the disk.
      await this.#journal.append({ suppressed: identity })
      this.#suppressed++
      return
    }
    if (identity !== undefined) this.#known.add(identity)
    const stored = { to, ...mail, receivedAt: new Date().toISOString() }
    this.#index(stored, await this.#journal.append(stored))
  }

  #restore(entry: Entry, position: number): void {
    if ('suppressed' in entry) {
      this.#suppressed++
      return
    }
    const identity = identityOf(entry.to, entry.messageId)
    if (identity !== undefined) this.#known.add(identity)
    this.#index(entry, position)
  }

  #index({ to, orderId }: StoredMail, position: number): void {
    this.#all.push(position)
    add(this.#byRecipient, to, position)
    if (orderId !== undefined) add(this.#byOrder, orderId, position)
  }

  /** An order has few mails, so the recipient is looked at only after it. */
  #candidates(to: string | undefined, orderId: string | undefined): readonly number[] {
    if (orderId !== undefined) return this.#byOrder.get(orderId) ?? []
    if (to !== undefined) return this.#byRecipient.get(mailboxName(to)) ?? []
    return this.#all
  }
}

const add = (index: Map<string, number[]>, key: string, position: number): void => {
  const positions = index.get(key)
  if (positions) positions.push(position)
  else index.set(key, [position])
}

const mailboxName = (address: string): string => address.toLowerCase()

/** Hashed: a hundred thousand whole ones would be the most of this process's memory. */
const identityOf = (to: string, messageId: string | undefined): string | undefined =>
  messageId === undefined ? undefined : hash('sha256', `${to} ${messageId}`, 'base64url').slice(0, 22)
