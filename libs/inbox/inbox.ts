import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { inboxId } from './inbox-id.ts'
import { claimMessages } from './sql/claim-messages.ts'
import { releaseMessages } from './sql/release-messages.ts'

/** The messages that this unit of work handles: each id is claimed once per consumer, for good, or not at all. */
export class Inbox implements Part {
  readonly #claims = new GatheredReads<Claim>((claims) => this.#claim(claims))
  /** Ours by insertion, but not yet asked for. */
  readonly #granted = new Map<string, Claim>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that these ids may be claimed, so that one statement does it together with the others. */
  announce(consumer: string, messageIds: Iterable<string>): void {
    for (const messageId of messageIds) this.#announce(claimOf(consumer, messageId))
  }

  /**
   * Those of the ids that nobody has claimed for this consumer before, this unit of work included: the ones to handle.
   * Waits for a transaction that is claiming one of them at the same time.
   */
  async claim(consumer: string, messageIds: readonly string[]): Promise<Set<string>> {
    const claims = messageIds.map((messageId) => claimOf(consumer, messageId))
    for (const claim of claims) this.#announce(claim)
    await this.#claims.done()
    return new Set(messageIds.filter((_, i) => this.#granted.delete(claims[i]!.name)))
  }

  prefetch(): void {
    this.#claims.send()
  }

  /** What was announced but never asked for was not handled: it stays free for whoever handles it. */
  async flush(sql: Sql): Promise<void> {
    if (this.#granted.size > 0) await releaseMessages(sql, [...this.#granted.values()])
  }

  #announce(claim: Claim): void {
    this.#claims.announce(claim.name, claim)
  }

  /** In sorted order, so that two transactions that claim the same ids wait for one another instead of deadlocking. */
  async #claim(claims: readonly Claim[]): Promise<void> {
    const sorted = claims.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    for (const claim of await claimMessages(this.uow, sorted, this.uow.now)) this.#granted.set(claim.name, claim)
  }
}

export interface Claim {
  readonly consumer: string
  /** See `inboxId`. */
  readonly id: string
  /** Of the two together. */
  readonly name: string
}

const claimOf = (consumer: string, messageId: string): Claim => {
  const id = inboxId(messageId)
  return { consumer, id, name: `${id} ${consumer}` }
}
