import { createLogger } from '#libs/observability'
import { GROWING } from './schema.ts'
import type { Store } from './store.ts'

const log = createLogger('store')
const EVERY_MS = 60_000
const BATCH = 500

export interface Retention {
  /** Rows older than this go. */
  readonly days: number
  /** The oldest rows of a table go when it has more than this. */
  readonly rows: number
}

/**
 * Keeps the store from growing for ever: the oldest rows of each table go, in batches that share commits with everybody
 * else, until nothing is due. Sums stay; of what has gone the simulators know nothing any more, as with real partners.
 */
export class Housekeeping {
  readonly #timer: NodeJS.Timeout
  #running = Promise.resolve()

  constructor(
    private readonly store: Store,
    private readonly retention: Retention,
  ) {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.run())
    }, EVERY_MS).unref()
  }

  async run(): Promise<void> {
    try {
      for (const table of GROWING) while ((await this.#removeBatch(table)) > 0);
    } catch (error) {
      log.warn('housekeeping failed, it is tried again in a minute', { error })
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #removeBatch(table: (typeof GROWING)[number]): Promise<number> {
    const oldest = `SELECT id, at FROM ${table} ORDER BY id LIMIT ${BATCH}`
    const newest = `(SELECT max(id) FROM ${table})`
    const remove = this.store.prepare(
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM (${oldest}) WHERE at < ? OR id <= ${newest} - ?)`,
    )
    const { days, rows } = this.retention
    return this.store.write(() => Number(remove.run(Date.now() - days * 86_400_000, rows).changes))
  }
}
