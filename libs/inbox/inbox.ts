import type { Part, Sql, UnitOfWork } from '#libs/database'
import { claimMessages } from './sql/claim-messages.ts'
import { releaseMessages } from './sql/release-messages.ts'

/** The messages that this unit of work handles: each id is claimed once per consumer, for good, or not at all. */
export class Inbox implements Part {
  readonly #announced = new Map<string, Claim>()
  /** Ours by insertion, but not yet asked for. */
  readonly #granted = new Map<string, Claim>()
  /** Answered, one way or the other. */
  readonly #settled = new Set<string>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that these ids may be claimed, so that one statement does it together with the others. */
  announce(consumer: string, messageIds: Iterable<string>): void {
    for (const messageId of messageIds) {
      const id = identity(consumer, messageId)
      if (!this.#settled.has(id)) this.#announced.set(id, { consumer, messageId })
    }
  }

  /**
   * Those of the ids that nobody has claimed for this consumer before, this unit of work included: the ones to handle.
   * Waits for a transaction that is claiming one of them at the same time.
   */
  async claim(consumer: string, messageIds: readonly string[]): Promise<Set<string>> {
    this.announce(consumer, messageIds)
    await this.#claimAnnounced()
    return new Set(messageIds.filter((messageId) => this.#granted.delete(identity(consumer, messageId))))
  }

  /** What was announced but never asked for was not handled: it stays free for whoever handles it. */
  async flush(sql: Sql): Promise<void> {
    if (this.#granted.size > 0) await releaseMessages(sql, [...this.#granted.values()])
  }

  async #claimAnnounced(): Promise<void> {
    if (this.#announced.size === 0) return
    const claims = [...this.#announced].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#announced.clear()
    for (const [id] of claims) this.#settled.add(id)
    // In sorted order, so that two transactions that claim the same ids wait for one another instead of deadlocking.
    const granted = await claimMessages(
      this.uow,
      claims.map(([, claim]) => claim),
      this.uow.now,
    )
    for (const claim of granted) this.#granted.set(identity(claim.consumer, claim.messageId), claim)
  }
}

export interface Claim {
  readonly consumer: string
  readonly messageId: string
}

const identity = (consumer: string, messageId: string): string => `${consumer}\n${messageId}`
