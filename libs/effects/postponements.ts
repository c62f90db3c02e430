import type { Database } from '#libs/database'
import { createLogger, fields } from '#libs/observability'
import { type Postponement, postponeEffects } from './sql/postpone-effects.ts'

const log = createLogger('effects')

/** Writes failed attempts down, all that gathered while the last statement ran in one. */
export class Postponements {
  #waiting: Postponement[] = []
  #saving: Promise<void> | undefined

  constructor(private readonly database: Database) {}

  add(postponement: Postponement): void {
    this.#waiting.push(postponement)
    this.#saving ??= this.#save()
  }

  /** Resolves when everything added is written. */
  async saved(): Promise<void> {
    await this.#saving
  }

  async #save(): Promise<void> {
    // Everything of this turn of the event loop joins the first statement.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      // Losing it costs nothing but the count: the call is made again either way.
      await postponeEffects(this.database, batch).catch((error: unknown) =>
        log.warn('attempts of external calls not recorded', { [fields.error]: error }),
      )
    }
    this.#saving = undefined
  }
}
