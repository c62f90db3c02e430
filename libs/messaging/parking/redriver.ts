import type { Database } from '#libs/database'
import { Poller } from '#libs/loops'
import { createLogger, fields } from '#libs/observability'
import { endRedrive, openRedrives } from './sql/redrives.ts'
import { releaseRedriven } from './sql/release-redriven.ts'

/** How often redrives are looked at while there are any, and otherwise; milliseconds. */
const EVERY_MS = 250
const IDLE_MS = 5_000
/** Dead letters of a redrive released at each look: some 200 a second, which leaves room for what comes live. */
const AT_ONCE = 50

const log = createLogger('redrive')

/**
 * Works through redrives: releases their dead letters to the retrier at a bounded rate. All of it is in the table, so any
 * number of processes may do so, and one that is killed leaves nothing half done.
 */
export class Redriver {
  readonly #poller = new Poller(() => this.#look())

  constructor(
    private readonly options: {
      readonly database: Database
      readonly consumer: string
      /** Something was released that is to be tried. */
      readonly onReleased: () => void
    },
  ) {}

  start(): void {
    this.#poller.start()
  }

  stop(): Promise<void> {
    return this.#poller.stop()
  }

  /** A redrive was begun. */
  wake(): void {
    this.#poller.now()
  }

  async #look(): Promise<number> {
    try {
      return await this.#release()
    } catch (error) {
      log.warn('redrives wait', { [fields.error]: error })
      return IDLE_MS
    }
  }

  /** Answers when to look again, milliseconds. */
  async #release(): Promise<number> {
    const { database, consumer, onReleased } = this.options
    const open = await openRedrives(database, consumer)
    for (const redrive of open) {
      if (redrive.waiting + redrive.running === 0) {
        await endRedrive(database, redrive, new Date())
        const { id, total, handled, dead } = redrive
        log.info('redrive ended', { id, total, handled, dead })
      } else if ((await releaseRedriven(database, redrive.id, new Date(), AT_ONCE)) > 0) onReleased()
    }
    return open.length === 0 ? IDLE_MS : EVERY_MS
  }
}
