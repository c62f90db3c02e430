import type { Database } from '#libs/database'
import { replay } from '#libs/decider'
import { readStream } from '#libs/event-store'
import { stockHistory, stockStream } from './domain/movements.ts'
import { NO_PROOF, proved, type StockProof, wrongWith } from './domain/stock-proof.ts'
import type { StoredLevel } from './sql/lock-levels.ts'
import { readLevels } from './sql/read-levels.ts'

/** That one look reads, over all products; what is left is read by the next ones. */
const MOST_EVENTS = 5_000
const AT_ONCE = 1_000
const MOST_SAID = 10

export interface StockVerdict {
  /** Products whose level was held against all of its events. */
  readonly proved: number
  readonly products: number
  /** Of the products, those with something wrong, and the first of it in words. */
  readonly wrong: number
  readonly sample: readonly string[]
}

interface Advance {
  readonly now: StockProof
  /** Events. */
  readonly read: number
  /** The stream lacks an event that its level counts. */
  readonly gap: boolean
}

/**
 * Holds every level against the events that it is the sum of. What a product's events added up to is remembered, so a
 * look reads what came since: nothing at rest, and a bounded part of the history after a start.
 */
export class StockProver {
  readonly #proofs = new Map<string, StockProof>()

  constructor(private readonly database: Database) {}

  async look(): Promise<StockVerdict> {
    const levels = await readLevels(this.database)
    let budget = MOST_EVENTS
    let done = 0
    const wrong: string[][] = []
    for (const level of levels) {
      const { now, read, gap } = await this.#advance(level, budget)
      budget -= read
      if (now.version !== level.version && !gap) continue
      done++
      const said = gap
        ? [`${level.sku}: an event behind version ${now.version} is missing`]
        : wrongWith(level.sku, level, now)
      if (said.length > 0) wrong.push(said)
    }
    return { proved: done, products: levels.length, wrong: wrong.length, sample: wrong.flat().slice(0, MOST_SAID) }
  }

  async #advance({ sku, version }: StoredLevel, budget: number): Promise<Advance> {
    let now = this.#proofs.get(sku) ?? NO_PROOF
    let read = 0
    while (now.version < version && read < budget) {
      const upTo = Math.min(version, now.version + Math.min(AT_ONCE, budget - read))
      const events = await readStream(this.database, stockStream(sku), { from: now.version + 1, asOf: upTo })
      if (events.length !== upTo - now.version) return { now, read, gap: true }
      const today = [...replay(stockHistory, events, now.level)].map(({ event }) => event)
      now = proved(now, today)
      read += events.length
    }
    this.#proofs.set(sku, now)
    return { now, read, gap: false }
  }
}
