import { rowsOf, type Store } from '../store/store.ts'
import type { LedgerEntry } from './ledger.ts'

const zero = () => ({ authorized: 0, captured: 0, voided: 0, refunded: 0 })
type Sums = ReturnType<typeof zero>

const SUM_OF = { authorize: 'authorized', capture: 'captured', void: 'voided', refund: 'refunded' } as const

/** Running sums of what the provider did, in minor units, over everything that ever was in the ledger. */
export class Totals {
  readonly #add
  readonly #all

  constructor(store: Store) {
    this.#add = store.prepare(
      'INSERT INTO sums VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value',
    )
    this.#all = store.prepare("SELECT name, currency, value FROM sums WHERE name <> 'suppressed'")
  }

  /** Within a write. */
  add({ operation, result, amount, currency }: LedgerEntry): void {
    this.#add.run(result, '', 1)
    if (result === 'ok' && amount > 0) this.#add.run(SUM_OF[operation], currency, amount)
  }

  /** The sums over all currencies mean something only when there is one. `operations` counts ledger entries. */
  read() {
    const all = zero()
    const operations = { ok: 0, declined: 0, error: 0 }
    const byCurrency: Record<string, Sums> = {}
    for (const { name, currency, value } of rowsOf<{ name: string; currency: string; value: number }>(this.#all)) {
      if (currency === '') operations[name as keyof typeof operations] += value
      else {
        byCurrency[currency] ??= zero()
        byCurrency[currency][name as keyof Sums] += value
        all[name as keyof Sums] += value
      }
    }
    return { ...all, byCurrency, operations }
  }
}
