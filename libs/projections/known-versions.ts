import type { KnownVersion } from './sql/read-known-versions.ts'

/** For so long a process may begin to read from a table that it knows of without asking; tables are dropped much later. */
const FRESH_MS = 2_000
/** What is dropped has been retired for so long: nobody who knows it from before uses it any more. */
export const DROP_AFTER_MS = 15_000
/** Over how long the rate of the live feed is an average, milliseconds. */
const WINDOW_MS = 1_000

/** What a process knows of a database's projections between two transactions. */
export class Knowledge {
  static readonly #of = new WeakMap<object, Knowledge>()
  #versions: readonly KnownVersion[] = []
  #readAt = Number.NEGATIVE_INFINITY
  #recent = 0
  #countedAt = 0

  static of(database: object | undefined): Knowledge {
    if (database === undefined) return new Knowledge()
    let knowledge = Knowledge.#of.get(database)
    if (knowledge === undefined) {
      knowledge = new Knowledge()
      Knowledge.#of.set(database, knowledge)
    }
    return knowledge
  }

  /** The versions that have tables, while that is fresh; else none. */
  get versions(): readonly KnownVersion[] {
    return performance.now() - this.#readAt < FRESH_MS ? this.#versions : []
  }

  learn(versions: readonly KnownVersion[]): void {
    this.#versions = versions
    this.#readAt = performance.now()
  }

  /** So many messages came by the live feed. */
  fed(messages: number): void {
    this.#recent = this.fedPerSecond() + messages
  }

  fedPerSecond(): number {
    const now = performance.now()
    this.#recent *= Math.exp((this.#countedAt - now) / WINDOW_MS)
    this.#countedAt = now
    return this.#recent
  }
}
