import { type Evolution, readableVersions, type StateVersions, versionOf } from './versions.ts'

/** A kind of stream as this code knows it: what it writes there, and what it reads. */
export interface StreamKind {
  /** How the names of its streams begin. */
  readonly stream: string
  /** Type → the version in which its events are written; every version up to it is read. */
  readonly events: Readonly<Record<string, number>>
  /** Of the state that is kept beside the events, if it is: in which version it is written, and which are read. */
  readonly state?: { readonly version: number; readonly readable: readonly number[] }
}

/** `types`: all there are, of which the compiler sees that none is missing. `states`: by default those of snapshots. */
export const streamKind = <State, Event extends { readonly type: string }>(
  stream: string,
  evolution: Evolution<State, Event>,
  types: Readonly<Record<Event['type'], true>>,
  states: StateVersions | undefined = evolution.snapshots,
): StreamKind => ({
  stream,
  events: Object.fromEntries(Object.keys(types).map((type) => [type, versionOf(evolution, type)])),
  ...(states && { state: { version: states.version, readable: readableVersions(states).sort((a, b) => a - b) } }),
})
