import { type Refusal, refuse } from '#libs/decider'

/**
 * A version's way: `filling` from the topics' beginning, while the one that serves is left alone; `joining` when it has
 * come to their end: from now on the live feed writes to it, too, and what lies before that is filled; `comparing` it with
 * the one that serves; `ready`, where it waits for a person if it must; `switching`, for a moment; `serving`. The one that
 * served is `kept` for a while, still fed, to go back to. `retired`: its tables are dropped.
 */
export type VersionState = 'filling' | 'joining' | 'comparing' | 'ready' | 'switching' | 'serving' | 'kept' | 'retired'

/** The live feed writes to versions in these states. */
export const FED: ReadonlySet<VersionState> = new Set(['joining', 'comparing', 'ready', 'switching', 'serving', 'kept'])

/** On its way to serve for the first time. */
const BUILDING: ReadonlySet<VersionState> = new Set(['filling', 'joining', 'comparing', 'ready'])

export interface Version {
  readonly version: number
  readonly state: VersionState
}

export type VersionCommand = 'rebuild' | 'switch' | 'rollback' | 'cancel'
export type VersionRefusal =
  | 'rebuild_under_way'
  | 'switch_under_way'
  | 'no_rebuild'
  | 'not_ready'
  | 'nothing_kept'
  | 'nothing_serves'

/** Which version the command is for and what state it takes; a rebuild is for the next number. */
export interface VersionChange {
  readonly version: number
  readonly to: 'filling' | 'switching' | 'retired'
}

/** What a start finds: versions of an earlier definition that nobody waits for any more, and the number of the one to fill. */
export interface Beginning {
  readonly outdated: readonly number[]
  readonly version: number
}

/** Undefined when there is a version of this revision of the definition, or a later one, or one is on its way. */
export const decideBeginning = (
  versions: readonly (Version & { readonly revision: number })[],
  revision: number,
): Beginning | undefined => {
  const live = versions.filter(({ state }) => state !== 'retired')
  if (live.some((one) => one.revision >= revision)) return undefined
  return {
    outdated: live.filter(({ state }) => BUILDING.has(state)).map(({ version }) => version),
    version: next(versions),
  }
}

const next = (versions: readonly Version[]): number => Math.max(0, ...versions.map(({ version }) => version)) + 1

/** `versions`: all that the projection has ever had, or at least the latest and those with tables. */
export const decideVersion = (
  versions: readonly Version[],
  command: VersionCommand,
): VersionChange | Refusal<VersionRefusal> => {
  const inState = (state: VersionState) => versions.find((one) => one.state === state)
  const building = versions.find(({ state }) => BUILDING.has(state))
  const switching = inState('switching')
  if (switching !== undefined) return refuse('switch_under_way', `version ${switching.version} is being switched in`)
  switch (command) {
    case 'rebuild': {
      if (building !== undefined)
        return refuse('rebuild_under_way', `version ${building.version} is ${building.state}; cancel it, or wait`)
      return { version: next(versions), to: 'filling' }
    }
    case 'switch':
      if (building === undefined) return refuse('no_rebuild', 'there is no version to switch in')
      if (building.state !== 'ready')
        return refuse('not_ready', `version ${building.version} is ${building.state}; it has to be compared first`)
      return { version: building.version, to: 'switching' }
    case 'cancel':
      if (building === undefined) return refuse('no_rebuild', 'no rebuild is under way')
      if (inState('serving') === undefined)
        return refuse('nothing_serves', 'it is the first version: without it there would be nothing to read')
      return { version: building.version, to: 'retired' }
    case 'rollback': {
      const kept = inState('kept')
      if (kept === undefined) return refuse('nothing_kept', 'the version before is no longer kept')
      return { version: kept.version, to: 'switching' }
    }
  }
}

/** The commands that would be carried out now. */
export const commandsFor = (versions: readonly Version[]): VersionCommand[] =>
  (['rebuild', 'switch', 'rollback', 'cancel'] as const).filter(
    (command) => !('refused' in decideVersion(versions, command)),
  )
