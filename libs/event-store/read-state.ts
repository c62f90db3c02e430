import type { Sql } from '#libs/database'
import { type Evolution, foldStored, readableVersions, replay, todaysState } from '#libs/decider'
import type { DomainEvent, StoredEvent } from './event.ts'
import { findSnapshot } from './sql/find-snapshot.ts'
import { findVersionAt, LAST_VERSION } from './sql/find-version-at.ts'
import { readStream } from './sql/read-stream.ts'

/** What a stream adds up to, and the last event in that. */
export interface FoldedStream<State> {
  readonly state: State
  readonly version: number
  readonly at: Date
}

type AsOf = { readonly asOf?: number | Date }

/** However long a stream is, so many of its events are in memory. */
const EVENTS_AT_ONCE = 1_000

/**
 * A stream's state as it is, or was at a version or an instant, inclusive; undefined before its first event. Reads what is
 * committed, outside of a unit of work, from the nearest snapshot on where the stream has some.
 */
export const readState = async <State, Event>(
  sql: Sql,
  evolution: Evolution<State, Event>,
  streamId: string,
  { asOf = LAST_VERSION }: AsOf = {},
): Promise<FoldedStream<State> | undefined> => {
  const upTo = asOf instanceof Date ? await findVersionAt(sql, streamId, asOf) : asOf
  const { snapshots: policy } = evolution
  const snapshot = policy && (await findSnapshot(sql, streamId, readableVersions(policy), upTo))
  let state = snapshot ? (todaysState(policy!, snapshot.state, snapshot.stateVersion) as State) : evolution.initial
  // The last event of a snapshot is read again for its time: it is there, for the snapshot is.
  let from = snapshot?.version ?? 1
  let last: StoredEvent | undefined
  for (;;) {
    const events = await readStream(sql, streamId, { from, asOf: upTo, only: { oldest: EVENTS_AT_ONCE } })
    const isKept = last === undefined && snapshot !== undefined
    state = foldStored(evolution, isKept ? events.slice(1) : events, state)
    last = events.at(-1) ?? last
    if (events.length < EVENTS_AT_ONCE) break
    from += EVENTS_AT_ONCE
  }
  return last && { state, version: last.version, at: last.at }
}

/** A stream's events from the first on, as they are written today, whatever version they were stored in. */
export const readHistory = async <State, Event extends DomainEvent>(
  sql: Sql,
  evolution: Evolution<State, Event>,
  streamId: string,
  asOf: AsOf = {},
): Promise<(StoredEvent & Event)[]> =>
  [...replay(evolution, await readStream(sql, streamId, asOf))].map(({ event }) => event)
