/**
 * Names one record of an internal topic among all of them. The first part is the id of the group or transaction, which
 * says in which partition the record lies.
 */
export type StateKey = readonly [id: string, topic?: string, partition?: number]

export interface StateRecord {
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly key: Buffer
  /** Null: what the key names is no more. */
  readonly value: Buffer | null
}

/** The state that an internal topic shows. */
export interface StateSource {
  /** All that there is. */
  keys(): Iterable<StateKey>
  /** What is known of it now. */
  record(key: StateKey): StateRecord
  /** Calls `listener` when what is known of a key has changed on disk. */
  onChange(listener: (key: StateKey) => void): void
  /** Resolves when everything that is known by now is on disk, or the disk refuses. */
  settled(): Promise<void>
}
