import { expect } from 'vitest'
import { type Evolution, foldStored, versionOf } from '#libs/decider'

/** What every version of the code stored in one kind of stream. No entry is ever edited: new versions are added. */
export interface StoredEvents<State, Event extends { readonly type: string }> {
  readonly evolution: Evolution<State, Event>
  /** Type → data, in the first version; the compiler sees that no type is missing. */
  readonly first: Readonly<Record<Event['type'], unknown>>
  /** The same in the second version and so on, of those types that have it. */
  readonly later?: readonly Readonly<Partial<Record<Event['type'], unknown>>>[]
  /** Streams by the types of their events, and what they add up to, or a part of that. */
  readonly streams: readonly { readonly types: readonly Event['type'][]; readonly is: object }[]
}

const versions = <State, Event extends { readonly type: string }>({ first, later = [] }: StoredEvents<State, Event>) =>
  [first, ...later] as readonly Readonly<Record<string, unknown>>[]

/** What has no fixture though it shipped, a fixture though it did not, or is in no stream; in words. */
const missingEvents = <State, Event extends { readonly type: string }>(
  stored: StoredEvents<State, Event>,
): string[] => {
  const { evolution, first, streams } = stored
  const told = new Set<string>(streams.flatMap(({ types }) => types))
  return Object.keys(first).flatMap((type) => {
    const newest = versionOf(evolution, type)
    const has = versions(stored).map((fixtures) => Object.hasOwn(fixtures, type))
    return [
      ...Array.from({ length: newest }, (_, i) => (has[i] ? '' : `no fixture of version ${i + 1} of ${type}`)),
      has.lastIndexOf(true) + 1 > newest ? `version ${has.lastIndexOf(true) + 1} of ${type} is not known` : '',
      told.has(type) ? '' : `no stream has ${type}`,
    ].filter((problem) => problem !== '')
  })
}

/** Fails unless all that ever shipped has a fixture, and every stream adds up to what it is, in whatever version it was stored. */
export const expectStoredEvents = <State, Event extends { readonly type: string }>(
  stored: StoredEvents<State, Event>,
): void => {
  expect(missingEvents(stored)).toEqual([])
  for (const { types, is } of stored.streams)
    for (const version of versions(stored).keys()) expect(stateOf(stored, types, version + 1)).toMatchObject(is)
}

/** What a stream adds up to whose events were stored in this version, or in the newest that their type has. */
const stateOf = <State, Event extends { readonly type: string }>(
  stored: StoredEvents<State, Event>,
  types: readonly Event['type'][],
  version: number,
): State =>
  foldStored(
    stored.evolution,
    types.map((type) => {
      const dataVersion = Math.min(version, versionOf(stored.evolution, type))
      return { type, dataVersion, data: versions(stored)[dataVersion - 1]![type] }
    }),
  )
