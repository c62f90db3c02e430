/** A row of the outbox as it goes to the broker. */
export interface OutboxRecord {
  readonly id: bigint
  readonly topic: string
  readonly key: string
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  /** When it was inserted, milliseconds since 1970. */
  readonly insertedMs: number
}

/** Rows in memory at most; whoever writes more than is published is behind anyway, and the table holds them all. */
const MOST_ROWS = 5_000

/**
 * Rows that transactions of this process committed, on their way to its relay without a detour through the table.
 *
 * They may go out only if no row before them is missed. Ids come from a sequence, so that shows: while everything up to
 * some id is known to be accounted for (`synced`), the next rows are the ones whose ids follow without a gap. A gap is
 * a transaction that failed, or another process's; either way the table has to be read before anything else goes out.
 */
export class HandOver {
  /** Every row with an id up to this is published or on its way, or will never be. Undefined: who knows. */
  #through: bigint | undefined
  #syncing = false
  #rows: OutboxRecord[] = []

  get synced(): boolean {
    return this.#through !== undefined
  }

  /** The table is about to be read; what is committed meanwhile is kept. */
  begin(): void {
    this.forget()
    this.#syncing = true
  }

  /** Everything up to this id was found in the table, or will never be there. */
  sync(through: bigint): void {
    this.#syncing = false
    this.#through = through
    this.#rows = this.#rows.filter(({ id }) => id > through)
  }

  /** Something may have been missed: until the next `sync` the table is the only source. */
  forget(): void {
    this.#syncing = false
    this.#through = undefined
    this.#rows = []
  }

  /** Committed rows of one transaction, in the order of their ids. */
  offer(rows: readonly OutboxRecord[]): void {
    if (!this.synced && !this.#syncing) return
    if (this.#rows.length + rows.length > MOST_ROWS) this.forget()
    else this.#rows.push(...rows)
  }

  /** The next rows to publish, at most `limit`; none when there are none or, no longer `synced`, some may be missing. */
  take(limit: number): OutboxRecord[] {
    if (!this.synced) return []
    const rows = this.#rows.splice(0, limit)
    for (const { id } of rows) {
      if (id !== this.#through! + 1n) {
        this.forget()
        return []
      }
      this.#through = id
    }
    return rows
  }
}
