import type { Database, GroupCommit, UnitOfWork } from '#libs/database'
import { createLogger, fields } from '#libs/observability'
import { watchDeadlines } from './deadline-watch.ts'
import { Sagas } from './sagas.ts'
import { findDueSagas } from './sql/find-due-sagas.ts'

export interface DeadlineWorkerOptions {
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly runner: { readonly type: string; wake(uow: UnitOfWork, sagaId: string): Promise<void> }
  /** Announces what else the saga may read, beside itself. */
  announce?(uow: UnitOfWork, sagaId: string): void
  /** The longest time between two looks at the table, milliseconds. Default 1,000. */
  readonly pollMs?: number
}

/** Sagas woken per look; more are fetched at once when there were this many. */
const BATCH = 500

const log = createLogger('saga')

/**
 * Tells sagas that their time has come. A deadline is a column of the saga's row, so it is set, moved and cleared by
 * the very transaction that moves the saga on, and outlives every crash. Here it is only noticed: at once for one that
 * this process set, within `pollMs` for any other. The saga itself is asked under its lock whether it is still due, so
 * any number of workers may notice the same deadline.
 */
export class DeadlineWorker {
  readonly #options: DeadlineWorkerOptions
  readonly #pollMs: number
  #timer: NodeJS.Timeout | undefined
  #wakeAtMs = 0
  #looking: Promise<void> | undefined
  #stopWatching = (): void => {}
  #stopping = false

  constructor(options: DeadlineWorkerOptions) {
    this.#options = options
    this.#pollMs = options.pollMs ?? 1_000
  }

  start(): void {
    this.#stopWatching = watchDeadlines(this.#options.database, (deadline) => this.#lookAt(deadline.getTime()))
    this.#look()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#stopWatching()
    clearTimeout(this.#timer)
    await this.#looking
  }

  #lookAt(atMs: number): void {
    const nowMs = Date.now()
    const dueMs = Math.min(atMs, nowMs + this.#pollMs)
    if (this.#stopping || this.#looking !== undefined || dueMs >= this.#wakeAtMs) return
    clearTimeout(this.#timer)
    this.#wakeAtMs = dueMs
    this.#timer = setTimeout(() => this.#look(), Math.max(dueMs - nowMs, 0))
  }

  #look(): void {
    this.#looking = this.#wakeDue()
      .catch((error: unknown) => {
        log.warn('deadlines not looked at', { [fields.error]: error })
        return 0
      })
      .then((found) => {
        this.#looking = undefined
        this.#wakeAtMs = Number.POSITIVE_INFINITY
        this.#lookAt(found === BATCH ? 0 : Number.POSITIVE_INFINITY)
      })
  }

  async #wakeDue(): Promise<number> {
    const { database, groupCommit, runner, announce } = this.#options
    const due = await findDueSagas(database, runner.type, new Date(), BATCH)
    const works = due.map((sagaId) =>
      groupCommit.submit({
        announce: (uow) => {
          uow.part(Sagas).announce(sagaId)
          announce?.(uow, sagaId)
        },
        run: (uow) => runner.wake(uow, sagaId),
      }),
    )
    const outcomes = await Promise.allSettled(works)
    for (const [i, outcome] of outcomes.entries())
      if (outcome.status === 'rejected')
        log.error('deadline not handled', { sagaId: due[i], [fields.error]: outcome.reason })
    return outcomes.some(({ status }) => status === 'rejected') ? 0 : due.length
  }
}
