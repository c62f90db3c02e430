import type { Projection, ProjectionVersion } from '../../server/types.ts'

/** What a version goes through on its way to the readers, in order. */
export const WAY = ['filling', 'joining', 'comparing', 'ready', 'switching'] as const
export type Stage = (typeof WAY)[number]

export interface StageOnWay {
  readonly stage: Stage
  readonly is: 'done' | 'now' | 'to come'
}

/** The version that is on its way, if a rebuild is under way or this is the first one. */
export const candidateOf = ({ versions }: Projection): ProjectionVersion | undefined =>
  versions.find(({ state }) => isOnWay(state))

export const servingOf = ({ versions, servingVersion }: Projection): ProjectionVersion | undefined =>
  versions.find(({ version }) => version === servingVersion)

/** Where a version is on its way; undefined when it is at its end. */
export const wayOf = ({ state }: ProjectionVersion): readonly StageOnWay[] | undefined => {
  if (!isOnWay(state)) return undefined
  const now = WAY.indexOf(state)
  return WAY.map((stage, i) => ({ stage, is: i < now ? 'done' : i === now ? 'now' : 'to come' }))
}

export type Comparison = NonNullable<ProjectionVersion['comparison']>

export interface Difference {
  readonly name: string
  readonly rows: number
  readonly means: string
}

/** What a rebuilt version holds that the one before does not, and the other way round. */
export const differencesOf = ({ missing, added, differing }: Comparison): readonly Difference[] => [
  {
    name: 'Missing',
    rows: missing,
    means: 'rows that only the version before has; a version that lacks some waits for a person',
  },
  { name: 'Added', rows: added, means: 'rows that only this version has' },
  { name: 'Differing', rows: differing, means: 'rows that both have, with another content' },
]

export const isSame = ({ missing, added, differing }: Comparison): boolean => missing + added + differing === 0

/** Rows of the comparison in one line. */
export const comparisonSays = (comparison: ProjectionVersion['comparison']): string => {
  if (comparison === null) return '–'
  if (isSame(comparison)) return `the same as version ${comparison.comparedWith}`
  const counts = differencesOf(comparison).filter(({ rows }) => rows > 0)
  return counts.map(({ name, rows }) => `${rows} ${name.toLowerCase()}`).join(', ')
}

const isOnWay = (state: ProjectionVersion['state']): state is Stage => (WAY as readonly string[]).includes(state)
