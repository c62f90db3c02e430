import { randomUUID } from 'node:crypto'
import type { Database } from '#libs/database'
import type { Effect } from './effect.ts'
import { releaseEffects } from './sql/release-effects.ts'
import { renewEffects } from './sql/renew-effects.ts'

/**
 * What one worker holds of the table: for as long as a lease lasts nobody else takes the row. A lease that is renewed
 * in time lasts as long as its effect takes, however many wait before it.
 */
export class Leases {
  /** Names the worker in the rows it holds. */
  readonly owner = randomUUID()
  readonly #sinceMs = new Map<string, number>()

  constructor(
    private readonly database: Database,
    /** How long one lasts without being renewed, milliseconds. */
    readonly durationMs: number,
    /** A clock that nobody sets, milliseconds. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  begun(effect: Effect): void {
    this.#sinceMs.set(effect.id, this.now())
  }

  ended({ id }: Effect): void {
    this.#sinceMs.delete(id)
  }

  /** So old that it might run out before the next look: the process was busy, or frozen. */
  isOld({ id }: Effect): boolean {
    return this.now() - this.#sinceMs.get(id)! > this.durationMs / 3
  }

  /** Answers those that are still ours; the others have been taken over by another worker, or are done. */
  async renew(effects: readonly Effect[]): Promise<ReadonlySet<string>> {
    const atMs = this.now()
    const ours = new Set(await renewEffects(this.database, effects, this.owner, this.durationMs))
    for (const id of ours) this.#sinceMs.set(id, atMs)
    return ours
  }

  /** Gives them back, so that another worker may start at once. */
  async release(effects: readonly Effect[]): Promise<void> {
    if (effects.length > 0) await releaseEffects(this.database, effects, this.owner)
  }
}
