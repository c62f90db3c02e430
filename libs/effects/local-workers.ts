import type { Effect } from './effect.ts'

/** A worker of this process that performs what this process commits, with nothing polled in between. */
export interface LocalWorker {
  /** Names it in the rows that it holds. */
  readonly owner: string
  /** How long a row belongs to the worker before another one may take it over, milliseconds. */
  readonly leaseMs: number
  /** How many more effects it can hold. */
  room(): number
  /** Takes rows that were committed with a lease for it. */
  accept(effects: readonly Effect[]): void
  /** Rows were committed that it can't have yet: behind another of their key, or beyond its room. */
  expect(): void
}

const workers = new WeakMap<object, Map<string, LocalWorker>>()

export const localWorker = (database: object | undefined, kind: string): LocalWorker | undefined =>
  database === undefined ? undefined : workers.get(database)?.get(kind)

/**
 * Makes a worker known to all transactions of its database in this process; the answer takes that back. A kind that
 * already has its worker here keeps it: further workers share the work through the leases in the table.
 */
export const registerWorker = (database: object, kinds: readonly string[], worker: LocalWorker): (() => void) => {
  const known = workers.get(database) ?? new Map<string, LocalWorker>()
  workers.set(database, known)
  const mine = kinds.filter((kind) => !known.has(kind))
  for (const kind of mine) known.set(kind, worker)
  return () => {
    for (const kind of mine) known.delete(kind)
  }
}
