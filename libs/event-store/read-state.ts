import type { Sql } from '#libs/database'
import { type Evolution, foldStored, readableVersions, replay, todaysState } from '#libs/decider'
import type { DomainEvent, StoredEvent } from './event.ts'
import { findSnapshot } from './sql/find-snapshot.ts'
import { readStream } from './sql/read-stream.ts'

/** What a stream adds up to, and the last event in that. */
export interface FoldedStream<State> {
  readonly state: State
  readonly version: number
  readonly at: Date
}

type AsOf = { readonly asOf?: number | Date }

/**
 * A stream's state as it is, or was at a version or an instant, inclusive; undefined before its first event. Reads what is
 * committed, outside of a unit of work, from the nearest snapshot on where the stream has some.
 */
export const readState = async <State, Event>(
  sql: Sql,
  evolution: Evolution<State, Event>,
  streamId: string,
  { asOf }: AsOf = {},
): Promise<FoldedStream<State> | undefined> => {
  const { snapshots: policy } = evolution
  const snapshot = policy && (await findSnapshot(sql, streamId, readableVersions(policy), asOf))
  // The last event of a snapshot is read again for its time: it is there, for the snapshot is.
  const events = await readStream(sql, streamId, {
    from: snapshot?.version ?? 1,
    ...(asOf === undefined ? {} : { asOf }),
  })
  const last = events.at(-1)
  if (last === undefined) return undefined
  const { version, at } = last
  if (snapshot === undefined) return { state: foldStored(evolution, events), version, at }
  const start = todaysState(policy!, snapshot.state, snapshot.stateVersion) as State
  return { state: foldStored(evolution, events.slice(1), start), version, at }
}

/** A stream's events from the first on, as they are written today, whatever version they were stored in. */
export const readHistory = async <State, Event extends DomainEvent>(
  sql: Sql,
  evolution: Evolution<State, Event>,
  streamId: string,
  asOf: AsOf = {},
): Promise<(StoredEvent & Event)[]> =>
  [...replay(evolution, await readStream(sql, streamId, asOf))].map(({ event }) => event)
