import type { Effect } from './effect.ts'

/** A worker of this process that performs what this process commits, with nothing polled in between. */
export interface Receiver {
  /** How long a row belongs to the worker before another one may take it over, milliseconds. */
  readonly leaseMs: number
  /** How many more effects it can hold. */
  room(): number
  /** Takes rows that were committed with a lease for it. */
  accept(effects: readonly Effect[]): void
  /** Rows were committed that it can't have yet: behind another of their key, or beyond its room. */
  expect(): void
}

/** At most one worker per kind and process; further processes share the work through the leases in the table. */
const receivers = new Map<string, Receiver>()

export const receiverOf = (kind: string): Receiver | undefined => receivers.get(kind)

/** Answers how to take it back. A kind that already has its worker keeps it. */
export const receive = (kinds: readonly string[], receiver: Receiver): (() => void) => {
  const mine = kinds.filter((kind) => !receivers.has(kind))
  for (const kind of mine) receivers.set(kind, receiver)
  return () => {
    for (const kind of mine) receivers.delete(kind)
  }
}
