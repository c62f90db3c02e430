import type { Topic } from '#libs/contracts'
import { type Database, DatabaseUnavailable } from '#libs/database'
import { type PartitionOffsets, type TopicReader, TryAgain } from '#libs/messaging'
import { createLogger, fields } from '#libs/observability'
import { LIVE } from '../feed.ts'
import { DROP_AFTER_MS } from '../known-versions.ts'
import { type Projection, placeNameOf, topicsOf } from '../projection.ts'
import { COMPARING, claimLane, ensureLanes, keepLane, readLanes, releaseLane } from '../sql/lanes.ts'
import { readCheckpoints } from '../sql/read-checkpoints.ts'
import { createTables, dropTables } from '../sql/version-tables.ts'
import {
  type Comparison,
  forgetVersion,
  insertVersion,
  lockVersions,
  moveVersion,
  noteOnVersion,
  type Offsets,
  pruneVersions,
  readVersions,
  type StoredVersion,
} from '../sql/versions.ts'
import { decideBeginning } from '../versions.ts'
import { compareVersions } from './compare.ts'
import type { Pace } from './pace.ts'
import { switchVersion } from './switch-version.ts'

/** A version that waits for a person waits no longer than this; neither is it fed for good. */
const READY_MS = 24 * 60 * 60 * 1000
/** Retired versions that stay on record. */
const REMEMBERED = 20
/** For so long the live feed may be behind before two versions are compared all the same. */
const LIVE_BEHIND_MS = 60_000

const log = createLogger('projections')

export interface ConductorOptions {
  readonly database: Database
  readonly projections: readonly Projection[]
  /** Reads committed. */
  readonly reader: TopicReader
  /** How far the live feed's consumer group has come, by `topic/partition`; it passes by what says nothing to it. */
  readonly committed: () => Promise<ReadonlyMap<string, number>>
  readonly owner: string
  readonly pace: Pace
  readonly signal: AbortSignal
  /** How long a version that served is kept, milliseconds. */
  readonly keptMs: number
}

/**
 * Moves versions on from state to state (versions.ts). All it knows is in the database, and each step is a comparison with
 * the state that it was decided in: any process may take any step, and the next one goes on where one is killed.
 */
export class Conductor {
  constructor(private readonly options: ConductorOptions) {}

  /** Each projection has a version of its definition; one that is new, or means something else now, is filled as any other. */
  async begin(): Promise<void> {
    const { database, projections } = this.options
    for (const projection of projections)
      await database.transaction(async (tx) => {
        const own = await lockVersions(tx, projection.name)
        const { name, revision } = projection
        const beginning = decideBeginning(own, revision)
        if (beginning === undefined) return
        const { outdated, version } = beginning
        const now = new Date()
        for (const one of own)
          if (outdated.includes(one.version)) await moveVersion(tx, one, 'retired', now, 'its definition has changed')
        const reason = own.length === 0 ? 'the projection is new' : `revision ${revision} of its definition`
        const first = { projection: name, version, revision, automatic: true, requestedBy: 'system', reason }
        if ((await insertVersion(tx, first, now)) === 1) await createTables(tx, projection, version)
      })
  }

  /** Takes whatever steps can be taken now; answers whether a version is on its way. */
  async step(): Promise<boolean> {
    const versions = await readVersions(this.options.database)
    let isOnItsWay = false
    for (const projection of this.options.projections) {
      const own = versions.filter((one) => one.projection === projection.name)
      for (const version of own) {
        if (['filling', 'joining', 'comparing', 'switching'].includes(version.state)) isOnItsWay = true
        // What one of them waits for holds up no other.
        await this.#stepOf(projection, version, own).catch((error: unknown) => this.#waits(version, error))
      }
    }
    return isOnItsWay
  }

  async #stepOf(projection: Projection, version: StoredVersion, all: readonly StoredVersion[]): Promise<void> {
    const age = Date.now() - version.since.getTime()
    switch (version.state) {
      case 'filling':
        return this.#filling(projection, version)
      case 'joining':
        return this.#joining(projection, version, all)
      case 'comparing':
        return this.#comparing(projection, version, all)
      case 'switching':
        if (await switchVersion(this.options.database, projection, version)) this.#tell(version, 'serves')
        return
      case 'ready':
        if (age > READY_MS) await this.#move(version, 'retired', 'nobody switched it in for a day')
        return
      case 'kept':
        if (age > this.options.keptMs) await this.#move(version, 'retired', 'kept for its time')
        return
      case 'retired':
        if (version.droppedAt === null && age > DROP_AFTER_MS) await this.#drop(projection, version)
        return
    }
  }

  /** Until every lane has come to the end once. */
  async #filling(projection: Projection, version: StoredVersion): Promise<void> {
    const { database, reader } = this.options
    const bounds = await reader.offsets(topicsOf(projection), { isFresh: true })
    if (version.incomplete === null) {
      const incomplete = offsetsOf(
        bounds,
        ({ earliest }) => earliest,
        ({ earliest }) => earliest > 0,
      )
      await noteOnVersion(database, version, { incomplete })
    }
    const partitions = Math.max(0, ...[...bounds.values()].map(({ length }) => length))
    await ensureLanes(
      database,
      version,
      Array.from({ length: partitions }, (_, lane) => lane),
    )
    const lanes = (await readLanes(database)).filter(isOf(version))
    if (lanes.every(({ lane, reachedEndAt }) => lane === COMPARING || reachedEndAt !== null))
      await this.#move(version, 'joining')
  }

  /** Until everything is in it that the topics held when the live feed had begun to write to it. */
  async #joining(projection: Projection, version: StoredVersion, all: readonly StoredVersion[]): Promise<void> {
    const { database, reader } = this.options
    if (version.targets === null) {
      // Asked after the state was committed: whatever lies behind these offsets is fed to this version.
      const targets = offsetsOf(
        await reader.offsets(topicsOf(projection), { isFresh: true }),
        ({ latest }) => latest,
        () => true,
      )
      await ensureLanes(database, version, [
        ...new Set(Object.keys(targets).map((place) => Number(place.split('/')[1]))),
      ])
      await noteOnVersion(database, version, { targets })
      return
    }
    const checkpoints = await readCheckpoints(database)
    const reached = (name: string) =>
      new Map(
        checkpoints
          .filter(({ projection }) => projection === name)
          .map(({ topic, partition, position }) => [`${topic}/${partition}`, Number(position)]),
      )
    const isPast = (positions: ReadonlyMap<string, number>, place: string, target: number): boolean =>
      target === 0 || (positions.get(place) ?? 0) >= target
    const filled = reached(placeNameOf(version.projection, version.version))
    const targets = Object.entries(version.targets)
    if (!targets.every(([place, target]) => version.incomplete?.[place] === target || isPast(filled, place, target)))
      return
    if (!all.some(({ state }) => state === 'serving')) return void (await this.#move(version, 'switching'))
    // So that the one that serves is not behind when they are compared.
    const live = reached(LIVE)
    const committed = await this.options.committed()
    const isLate = Date.now() - version.since.getTime() > LIVE_BEHIND_MS
    if (isLate || targets.every(([place, target]) => isPast(live, place, target) || isPast(committed, place, target))) {
      await ensureLanes(database, version, [COMPARING])
      await this.#move(version, 'comparing')
    }
  }

  async #comparing(projection: Projection, version: StoredVersion, all: readonly StoredVersion[]): Promise<void> {
    const { database, owner, pace, signal } = this.options
    const serving = all.find(({ state }) => state === 'serving')
    if (serving === undefined) return void (await this.#move(version, 'switching'))
    const lane = await claimLane(database, version, owner, COMPARING)
    if (lane === undefined) return
    const place = { ...version, lane }
    const onProgress = async (comparison: Comparison): Promise<boolean> => {
      await noteOnVersion(database, version, { comparison })
      return keepLane(database, place, owner, { records: 0, skipped: 0, recordsPerSecond: 0 })
    }
    const comparison = await compareVersions(
      { sql: database, signal, onProgress, rest: (ms) => pace.rest(ms, signal) },
      projection,
      { serving: serving.version, candidate: version.version },
    )
    await releaseLane(database, place, owner, true)
    if (comparison === undefined) return
    const objection = objectionTo(version, comparison, serving.revision === version.revision)
    if (version.automatic && objection === undefined) await this.#move(version, 'switching')
    else await this.#move(version, 'ready', objection)
  }

  async #move(version: StoredVersion, to: StoredVersion['state'], detail?: string): Promise<void> {
    const moved = await moveVersion(this.options.database, version, to, new Date(), detail)
    if (moved === 1) this.#tell(version, to, detail)
  }

  async #drop(projection: Projection, version: StoredVersion): Promise<void> {
    await this.options.database.transaction(async (tx) => {
      await tx.execute(`SET LOCAL lock_timeout = '3s'`)
      await dropTables(tx, projection, version.version)
      await forgetVersion(tx, version, placeNameOf(version.projection, version.version), new Date())
      await pruneVersions(tx, projection.name, REMEMBERED)
    })
    this.#tell(version, 'dropped')
  }

  #waits({ projection, version, state }: StoredVersion, error: unknown): void {
    const isPassing = error instanceof DatabaseUnavailable || error instanceof TryAgain
    log[isPassing ? 'debug' : 'warn']('a version waits', { projection, version, state, [fields.error]: error })
  }

  #tell({ projection, version }: StoredVersion, what: string, detail?: string): void {
    log.info('version of a projection', {
      projection,
      version,
      state: what,
      ...(detail === undefined ? {} : { detail }),
    })
  }
}

/** Why a version is not switched in without a person: what readers have now would be gone. */
const objectionTo = (
  { incomplete }: StoredVersion,
  { missing }: Comparison,
  isSameDefinition: boolean,
): string | undefined => {
  const lost = Object.keys(incomplete ?? {})
  if (lost.length > 0) return `topics no longer begin at their beginning (${lost.join(', ')}): it cannot be whole`
  // Another definition may well leave lines out: that is why there is one.
  return isSameDefinition && missing > 0 ? `${missing} rows of the version that serves are missing in it` : undefined
}

const isOf =
  ({ projection, version }: StoredVersion) =>
  (one: { readonly projection: string; readonly version: number }): boolean =>
    one.projection === projection && one.version === version

type Bounds = ReadonlyMap<string, readonly PartitionOffsets[]>

const offsetsOf = (
  bounds: Bounds,
  offset: (p: PartitionOffsets) => number,
  wanted: (p: PartitionOffsets) => boolean,
): Offsets =>
  Object.fromEntries(
    [...bounds].flatMap(([topic, partitions]) =>
      partitions.filter(wanted).map((one) => [`${topic}/${one.partition}`, offset(one)] as const),
    ),
  )

/** The first offset of each topic that has a partition of this number. */
export const firstsOf = (bounds: Bounds, lane: number): Map<Topic, number> =>
  new Map(
    [...bounds].flatMap(([topic, partitions]) =>
      partitions
        .filter(({ partition }) => partition === lane)
        .map(({ earliest }) => [topic as Topic, earliest] as const),
    ),
  )
