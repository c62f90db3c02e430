import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Topic } from '#libs/contracts'
import { DatabaseUnavailable } from '#libs/database'
import { TryAgain } from '#libs/messaging'
import { createLogger, fields } from '#libs/observability'
import { Knowledge } from '../known-versions.ts'
import { topicsOf } from '../projection.ts'
import { claimLane, releaseLane } from '../sql/lanes.ts'
import { moveVersion, readVersions, type StoredVersion } from '../sql/versions.ts'
import { Conductor, type ConductorOptions, firstsOf } from './conductor.ts'
import { fillLane, isBehindLive, Unfillable } from './fill-lane.ts'
import { OutOfRange } from './lane-records.ts'
import { Pace } from './pace.ts'
import { LaneLost } from './write-batch.ts'

/** How often it looks what there is to do: while a version is on its way, and while none is. */
const LOOK_MS = 200
const IDLE_LOOK_MS = 2_000
const AFTER_FAILURE_MS = 1_000
/** So often a record that the live feed has handled may fail before the rebuild is given up. */
const TRIES = 5

const log = createLogger('projections')

export interface RebuilderOptions extends Omit<ConductorOptions, 'owner' | 'pace' | 'signal'> {
  /** As which the live feed reads, in its group and among the parked messages. */
  readonly consumer: string
}

/**
 * Fills, compares, switches and drops versions. Runs in every process of the service: each works at one lane at a time, so
 * several share the work. What fails is tried again, from where the checkpoints stand.
 */
export class Rebuilder {
  readonly #stopping = new AbortController()
  readonly #owner = randomUUID()
  readonly #pace: Pace
  readonly #conductor: Conductor
  readonly #failures = new Map<string, number>()
  #running: Promise<unknown> | undefined
  #woken = Promise.withResolvers<void>()

  constructor(private readonly options: RebuilderOptions) {
    const knowledge = Knowledge.of(options.database)
    this.#pace = new Pace(() => knowledge.fedPerSecond())
    const { signal } = this.#stopping
    this.#conductor = new Conductor({ ...options, owner: this.#owner, pace: this.#pace, signal })
  }

  start(): void {
    this.#running ??= Promise.all([this.#keep(() => this.#conduct()), this.#keep(() => this.#work())])
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.wake()
    await this.#running
    this.options.reader.close()
  }

  /** Somebody asked for something. */
  wake(): void {
    this.#woken.resolve()
    this.#woken = Promise.withResolvers()
  }

  #begun = false
  async #conduct(): Promise<number> {
    if (!this.#begun) await this.#conductor.begin()
    this.#begun = true
    return (await this.#conductor.step()) ? LOOK_MS : IDLE_LOOK_MS
  }

  /** A turn at one lane of each version that is filled. */
  async #work(): Promise<number> {
    const versions = await readVersions(this.options.database)
    const filled = versions.filter(
      ({ state, targets }) => state === 'filling' || (state === 'joining' && targets !== null),
    )
    let worked = false
    for (const version of filled) {
      const lane = await claimLane(this.options.database, version, this.#owner, 'partitions')
      if (lane !== undefined) await this.#fill(version, lane)
      worked ||= lane !== undefined
    }
    if (worked) return 0
    return filled.length > 0 ? LOOK_MS : IDLE_LOOK_MS
  }

  async #fill(version: StoredVersion, lane: number): Promise<void> {
    const { database, projections, reader, consumer } = this.options
    const projection = projections.find(({ name }) => name === version.projection)
    if (projection === undefined) return
    const place = { ...version, lane }
    let atEnd = false
    try {
      const firsts = firstsOf(await reader.offsets(topicsOf(projection), { isFresh: true }), lane)
      const { signal } = this.#stopping
      const options = { database, reader, consumer, owner: this.#owner, pace: this.#pace, signal }
      atEnd = await fillLane(options, projection, place, { firsts, upTo: targetsOf(version, lane) })
      this.#failures.delete(nameOf(place))
    } catch (error) {
      await this.#failed(version, lane, error)
    } finally {
      await releaseLane(database, place, this.#owner, atEnd)
    }
  }

  async #failed(version: StoredVersion, lane: number, error: unknown): Promise<void> {
    if (error instanceof LaneLost) return
    if (error instanceof OutOfRange) {
      const detail = `${error.message}: the topic was created anew meanwhile; start again`
      return void (await moveVersion(this.options.database, version, 'retired', new Date(), detail))
    }
    // What the live feed has not come to yet, it may have to park: then it is left out.
    if (error instanceof Unfillable && (await isBehindLive(this.options.database, error))) {
      const name = nameOf({ ...version, lane })
      const tries = (this.#failures.get(name) ?? 0) + 1
      this.#failures.set(name, tries)
      if (tries >= TRIES)
        return void (await moveVersion(this.options.database, version, 'retired', new Date(), error.message))
    }
    throw error
  }

  /** Again and again until it is stopped; `task` answers for how long there is nothing to do, milliseconds. */
  async #keep(task: () => Promise<number>): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      let pauseMs = AFTER_FAILURE_MS
      try {
        pauseMs = await task()
      } catch (error) {
        const isPassing = error instanceof DatabaseUnavailable || error instanceof TryAgain
        log[isPassing ? 'debug' : 'warn']('a rebuild waits', { [fields.error]: error })
      }
      const woken = this.#woken.promise
      await Promise.race([sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {}), woken])
    }
  }
}

/** While the live feed writes to it, too: where what it writes begins. */
export const targetsOf = ({ targets }: StoredVersion, lane: number): Map<Topic, number> | undefined =>
  targets === null
    ? undefined
    : new Map(
        Object.entries(targets)
          .map(([place, target]) => [place.split('/'), target] as const)
          .filter(([[, partition]]) => Number(partition) === lane)
          .map(([[topic], target]) => [topic as Topic, target]),
      )

const nameOf = ({ projection, version, lane }: { projection: string; version: number; lane: number }): string =>
  `${projection}@${version}/${lane}`
