/**
 * For each type of event whose data was changed since it first shipped: what turns data of version 1 into version 2, then
 * of 2 into 3, and so on. A step may look at the state that the stream had before the event: there a field is found that
 * has moved here from another event. Types that never changed are left out.
 */
export type Upcasters<State> = Readonly<Record<string, readonly ((data: never, before: State) => unknown)[]>>

/** In which shapes a state was kept outside of its events, and what leads from the older ones to today's. */
export interface StateVersions {
  /** Of the shape of today; counts from 1. */
  readonly version: number
  /** By the version that it starts from, what turns a state of it into one of the next. */
  readonly upcast?: Readonly<Record<number, (state: never) => unknown>>
}

/**
 * When a state is kept beside its events, so that a long stream need not be read from its beginning. A snapshot of a shape
 * from which no step leads to today's is ignored, and made anew in its time.
 */
export interface SnapshotPolicy extends StateVersions {
  /** Events from one snapshot to the next. */
  readonly every: number
  /** The newest ones of a stream that stay; the more, the faster a state of long ago is found. */
  readonly kept: number
}

/** The half of a decider that remembers: events of every version that ever shipped add up to today's state. */
export interface Evolution<State, Event> {
  readonly initial: State
  evolve(state: State, event: Event): State
  readonly upcast?: Upcasters<State>
  readonly snapshots?: SnapshotPolicy
}

/** An event as it was stored. */
export interface StoredVersion {
  readonly type: string
  readonly data: unknown
  /** Of the shape of `data`; counts from 1 for each type. */
  readonly dataVersion: number
}

/** The version in which events of this type are written today. */
export const versionOf = ({ upcast }: Pick<Evolution<never, never>, 'upcast'>, type: string): number =>
  (upcast?.[type]?.length ?? 0) + 1

/**
 * Stored events in today's shape, each with the state after it.
 * @throws Error for an event of a version that is not known here: newer code wrote it.
 */
export function* replay<State, Event, Stored extends StoredVersion>(
  evolution: Evolution<State, Event>,
  stored: Iterable<Stored>,
  state: State = evolution.initial,
): Generator<{ readonly event: Stored & Event; readonly state: State }> {
  for (const one of stored) {
    const event = today(evolution, one, state)
    state = evolution.evolve(state, event)
    yield { event, state }
  }
}

/** The state that stored events of whatever version add up to, starting from `state` (by default the initial one). */
export const foldStored = <State, Event>(
  evolution: Evolution<State, Event>,
  stored: Iterable<StoredVersion>,
  state: State = evolution.initial,
): State => {
  for (const one of stored) state = evolution.evolve(state, today(evolution, one, state))
  return state
}

const today = <State, Event, Stored extends StoredVersion>(
  { upcast }: Evolution<State, Event>,
  stored: Stored,
  before: State,
): Stored & Event => {
  const { type, dataVersion } = stored
  const steps = upcast?.[type] ?? []
  // What is in a stream was appended through the same decider.
  if (dataVersion === steps.length + 1) return stored as Stored & Event
  if (dataVersion > steps.length + 1)
    throw new Error(
      `${type} of version ${dataVersion} was written by a newer version; known are 1 to ${steps.length + 1}`,
    )
  const data = steps.slice(dataVersion - 1).reduce<unknown>((older, step) => step(older as never, before), stored.data)
  return { ...stored, data } as Stored & Event
}

/** A kept state in today's shape; undefined when no step leads from its version to it. */
export const todaysState = ({ version, upcast = {} }: StateVersions, state: unknown, from: number): unknown => {
  for (let at = from; at !== version; at++) {
    const step = at < version ? upcast[at] : undefined
    if (step === undefined) return undefined
    state = step(state as never)
  }
  return state
}

/** The versions of a kept state from which today's follows. */
export const readableVersions = ({ version, upcast = {} }: StateVersions): number[] => {
  const versions = [version]
  while (upcast[versions.at(-1)! - 1] !== undefined) versions.push(versions.at(-1)! - 1)
  return versions
}
