import type { LedgerEntry } from './ledger.ts'

interface Sums {
  authorized: number
  captured: number
  voided: number
  refunded: number
}

const SUM_OF = { authorize: 'authorized', capture: 'captured', void: 'voided', refund: 'refunded' } as const
const zero = (): Sums => ({ authorized: 0, captured: 0, voided: 0, refunded: 0 })

/** Running sums of what the provider did, in minor units. */
export class Totals {
  readonly #all = zero()
  readonly #byCurrency = new Map<string, Sums>()
  readonly #results = { ok: 0, declined: 0, error: 0 }

  add({ operation, result, amount, currency }: LedgerEntry): void {
    this.#results[result]++
    if (result !== 'ok' || amount === 0) return
    const ofCurrency = this.#byCurrency.get(currency) ?? zero()
    this.#byCurrency.set(currency, ofCurrency)
    ofCurrency[SUM_OF[operation]] += amount
    this.#all[SUM_OF[operation]] += amount
  }

  /** The sums over all currencies mean something only when there is one. `operations` counts ledger entries. */
  read() {
    return { ...this.#all, byCurrency: Object.fromEntries(this.#byCurrency), operations: this.#results }
  }
}
