import { type Database, Faults, type GroupCommit, storableText, type UnitOfWork } from '#libs/database'
import { Poller } from '#libs/loops'
import { createLogger, describeError, fields } from '#libs/observability'
import { watchDeadlines } from './deadline-watch.ts'
import { type DueSaga, findDueSagas } from './sql/find-due-sagas.ts'
import { recordWakeFailure } from './sql/record-wake-failure.ts'

/** The sagas of one type, as far as waking them goes. */
export interface WakeableSagas {
  readonly type: string
  announce(uow: UnitOfWork, sagaId: string): void
  wake(uow: UnitOfWork, sagaId: string): Promise<void>
}

export interface DeadlineWorkerOptions {
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly runner: WakeableSagas
  /** The longest time between two looks at the table, milliseconds. Default 1,000. */
  readonly pollMs?: number
}

/** Sagas woken per look; more are fetched at once when there were this many. */
const BATCH = 500
/** Failures in a row after which a saga waits for a person, some ten minutes after the first. */
const MAX_FAILURES = 8
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 300_000
const MAX_ERROR_LENGTH = 2_000

const log = createLogger('saga')

/**
 * Tells sagas that their time has come. A deadline is a column of the saga's row, so it is set, moved and cleared by
 * the very transaction that moves the saga on, and outlives every crash. Here it is only noticed: at once for one that
 * this process set, within `pollMs` for any other. The saga itself is asked under its lock whether it is still due, so
 * any number of workers may notice the same deadline.
 *
 * A saga that cannot be woken is tried again later and later, so that it is in nobody's way, and after `MAX_FAILURES`
 * needs attention, with what it failed with. Any other news for it sets it going again.
 */
export class DeadlineWorker {
  readonly #options: DeadlineWorkerOptions
  readonly #pollMs: number
  readonly #poller = new Poller(() => this.#look())
  #stopWatching = (): void => {}

  constructor(options: DeadlineWorkerOptions) {
    this.#options = options
    this.#pollMs = options.pollMs ?? 1_000
  }

  start(): void {
    this.#stopWatching = watchDeadlines(this.#options.database, (deadline) =>
      this.#poller.within(deadline.getTime() - Date.now()),
    )
    this.#poller.start()
  }

  async stop(): Promise<void> {
    this.#stopWatching()
    await this.#poller.stop()
  }

  /** Answers when to look again, milliseconds. */
  async #look(): Promise<number> {
    try {
      return (await this.#wakeDue()) === BATCH ? 0 : this.#pollMs
    } catch (error) {
      log.warn('deadlines not looked at', { [fields.error]: error })
      return this.#pollMs
    }
  }

  async #wakeDue(): Promise<number> {
    const { database, groupCommit, runner } = this.#options
    const due = await findDueSagas(database, runner.type, new Date(), BATCH)
    const works = due.map(({ sagaId }) =>
      groupCommit.submit({
        announce: (uow) => runner.announce(uow, sagaId),
        run: (uow) => runner.wake(uow, sagaId),
      }),
    )
    const outcomes = await Promise.allSettled(works)
    for (const [i, outcome] of outcomes.entries())
      if (outcome.status === 'rejected') await this.#failed(due[i]!, outcome.reason)
    return due.length
  }

  async #failed({ sagaId, wakeFailures }: DueSaga, error: unknown): Promise<void> {
    const { database, runner } = this.#options
    if (await new Faults(database).isAway(error)) throw error
    const failures = wakeFailures + 1
    log.error('deadline not handled', { sagaId, failures, [fields.error]: error })
    const at = new Date()
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** wakeFailures, LONGEST_RETRY_MS)
    const again = failures >= MAX_FAILURES ? null : new Date(at.getTime() + retryMs)
    const text = storableText(describeError(error), MAX_ERROR_LENGTH)
    await recordWakeFailure(database, { type: runner.type, sagaId }, { error: text, again, at })
  }
}
