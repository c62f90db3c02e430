/** The state that a stream's events add up to, as it was kept. */
export interface Snapshot {
  readonly streamId: string
  /** Of the last event in it. */
  readonly version: number
  readonly state: unknown
  /** Of the state's shape. */
  readonly stateVersion: number
}

/** A snapshot that is to be kept, beside the `kept` newest ones before it, which are `every` versions apart. */
export interface NewSnapshot extends Snapshot {
  readonly every: number
  readonly kept: number
}
