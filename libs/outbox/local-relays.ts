import type { OutboxRecord } from './hand-over.ts'

/** What a transaction of this process needs to know about a relay of this process. */
export interface LocalRelay {
  readonly holds: (slot: number) => boolean
  /** A transaction left these rows; the table has them, too. */
  committed(rows: readonly OutboxRecord[]): void
}

const relays = new WeakMap<object, Set<LocalRelay>>()

/** Makes a relay known to all transactions of its database in this process; the answer takes that back. */
export const registerRelay = (database: object, relay: LocalRelay): (() => void) => {
  const ours = relays.get(database) ?? new Set()
  relays.set(database, ours.add(relay))
  return () => void ours.delete(relay)
}

export const localRelays = (database: object | undefined): readonly LocalRelay[] =>
  database === undefined ? [] : [...(relays.get(database) ?? [])]
