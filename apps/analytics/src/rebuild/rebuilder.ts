import { setTimeout as delay } from 'node:timers/promises'
import { ArchiveGap } from '#libs/archive'
import type { Database } from '#libs/database'
import { WakeUp } from '#libs/loops'
import { createLogger, describeError, fields } from '#libs/observability'
import { StateLimitExceeded } from '#libs/stream-tasks'
import { clearGeneration, clearOldGenerations } from '../sql/generations.ts'
import { type Claim, ClaimLost, claimRebuild, endRebuild, type RebuildSource } from '../sql/rebuilds.ts'
import { EventsMissing } from './event-source.ts'
import { type RebuildParts, RebuildRun } from './rebuild-run.ts'

export interface RebuilderOptions extends Omit<RebuildParts, 'signal'> {
  /** Of this process, and the same from start to start. */
  readonly instanceId: string
}

/** How soon it is noticed that a process which worked on a rebuild is gone, on top of its lease. */
const LOOK_MS = 2_000
/** It has been begun so often, and never came to its end. */
const MOST_ATTEMPTS = 20
const STOP_MS = 3_000
/** Beginning anew changes nothing about these. */
const FINAL = [ArchiveGap, EventsMissing, StateLimitExceeded]

const log = createLogger('rebuild')

/**
 * Works on the rebuild that was asked for, in one process at a time. Whoever dies over it had stored nothing that is served: the next
 * process, or the same one when it is back, clears what there is and begins again.
 */
export class Rebuilder {
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  readonly #wakeUp = new WakeUp()
  #mayBeUnclean = true

  constructor(private readonly options: RebuilderOptions) {}

  /** Where a rebuild reads from when nobody says otherwise. */
  get sources(): readonly RebuildSource[] {
    return this.options.archive === undefined ? ['topic'] : ['archive', 'topic']
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.wake()
    // A question to a broker that is away is not waited for: nothing is lost with it.
    await Promise.race([this.#running, delay(STOP_MS, undefined, { ref: false })])
  }

  /** Somebody asked for something. */
  wake(): void {
    this.#wakeUp.signal()
  }

  async #run(): Promise<void> {
    const { database, instanceId } = this.options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#wakeUp.reset()
      try {
        const claim = await claimRebuild(database, instanceId)
        if (claim !== undefined) await this.#work(database, claim)
        if (this.#mayBeUnclean) await clearOldGenerations(database)
        this.#mayBeUnclean = false
      } catch (error) {
        if (!signal.aborted) log.warn('a rebuild waits', { [fields.error]: error })
      }
      if (!signal.aborted) await this.#wakeUp.wait(LOOK_MS)
    }
  }

  async #work(database: Database, claim: Claim): Promise<void> {
    const { generation, source, attempt } = claim
    log.info(attempt === 1 ? 'begins' : 'begins again', { generation, source, attempt })
    this.#mayBeUnclean = true
    try {
      if (attempt > MOST_ATTEMPTS) return await endRebuild(database, claim, 'failed', `begun ${MOST_ATTEMPTS} times`)
      await clearGeneration(database, generation)
      await RebuildRun.work({ ...this.options, signal: this.#stopping.signal }, claim)
      log.info('is served', { generation })
    } catch (error) {
      if (error instanceof ClaimLost) return void log.info('given up', { generation, [fields.error]: error })
      if (!FINAL.some((type) => error instanceof type)) throw error
      log.error('failed', { generation, [fields.error]: error })
      await endRebuild(database, claim, 'failed', describeError(error).slice(0, 1_000))
    }
  }
}
