import { type Database, DatabaseUnavailable } from './database.ts'
import { isRetryableConflict } from './errors.ts'

/** So often in a row something that is usually nobody's fault is believed to be so. */
const BELIEVED = 5

/**
 * Tells failures that will pass (the database is away, two transactions collided) from those that a piece of work
 * brings about. Both a collision and a connection that breaks can be the work's own doing, each time it is tried: so they
 * are believed a few times in a row and then held against it. Only a database that answers nobody at all is waited for
 * without end: nothing could be done without it, not even parking.
 */
export class Faults {
  #inARow = 0

  constructor(private readonly database: Database) {}

  /** Whether to wait and try the same again. */
  async isNobodys(error: unknown): Promise<boolean> {
    if (await this.isAway(error)) return true
    return (error instanceof DatabaseUnavailable || isRetryableConflict(error)) && ++this.#inARow < BELIEVED
  }

  /** Whether the database could not be reached, and still cannot; or has no room, so that parking could not either. */
  async isAway(error: unknown): Promise<boolean> {
    if (!(error instanceof DatabaseUnavailable)) return false
    if (error.isFull) return true
    try {
      await this.database.query('SELECT 1')
      return false
    } catch {
      return true
    }
  }
}
