import { type Answer, type Answered, Answers } from '../answers.ts'
import { randomId } from '../random-id.ts'
import { PAYMENT_DEFAULTS, type PaymentSettings } from '../settings.ts'
import { importJournal } from '../store/import-journal.ts'
import { StoredSettings } from '../store/settings.ts'
import { rowsOf, type Store } from '../store/store.ts'
import { type Account, decide, type Effect, evolve, NO_ACCOUNT, NO_CURRENCY, type Operation } from './account.ts'
import { Totals } from './totals.ts'

/** A line of the ledger. `declined` is any refusal; `error` is a request that failed before its effect. */
export interface LedgerEntry {
  readonly operation: Operation['operation']
  readonly orderId: string
  readonly amount: number
  readonly currency: string
  readonly idempotencyKey: string
  readonly result: 'ok' | 'declined' | 'error'
  /** Why not, when it is not `ok`. */
  readonly code?: string
  readonly at: string
}

/** A line of the journal of earlier versions. */
type Entry =
  | (LedgerEntry & Answered & { readonly effect?: Effect })
  | (LedgerEntry & { readonly result: 'error' })
  | { readonly settings: PaymentSettings }

interface Row extends Omit<LedgerEntry, 'at' | 'code'> {
  readonly id: number
  readonly code: string | null
  readonly at: number
}

const COLUMNS = 'id, operation, order_id AS orderId, amount, currency, key AS idempotencyKey, result, code, at'

/** The payment provider's books. What it knows of an order follows from the ledger's entries of that order. */
export class PaymentLedger {
  readonly totals
  readonly settings
  readonly #answers
  readonly #insert
  readonly #effects
  readonly #ofOrder
  readonly #page
  readonly #flaked
  /** Idempotency keys of `tok_flaky` whose first attempt is failing at this moment. */
  readonly #flaking = new Set<string>()

  private constructor(private readonly store: Store) {
    this.totals = new Totals(store)
    this.settings = new StoredSettings(store, 'payment', PAYMENT_DEFAULTS)
    this.#answers = new Answers(store, 'payment')
    this.#insert = store.prepare(
      'INSERT INTO operations (at, order_id, operation, amount, currency, key, result, code, effect) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#effects = store.prepare(
      'SELECT effect FROM operations WHERE order_id = ? AND effect IS NOT NULL ORDER BY id LIMIT 1000',
    )
    this.#ofOrder = store.prepare(`SELECT ${COLUMNS} FROM operations WHERE order_id = ? ORDER BY id LIMIT 1000`)
    this.#page = store.prepare(`SELECT ${COLUMNS} FROM operations WHERE id > ? ORDER BY id LIMIT ?`)
    this.#flaked = store.prepare('SELECT 1 FROM operations WHERE order_id = ? AND key = ? AND code = ?')
  }

  /** @param journal where an earlier version kept its entries. */
  static async open(store: Store, journal: string): Promise<PaymentLedger> {
    const ledger = new PaymentLedger(store)
    await importJournal<Entry>(store, journal, (entry) => ledger.#restore(entry))
    return ledger
  }

  /** Does the operation once for its key. */
  perform(idempotencyKey: string, operation: Operation): Promise<Answer> {
    return this.#answers.once(idempotencyKey, operation, () => {
      const chance = { id: randomId(20), declines: Math.random() < this.settings.current.declineRate }
      const { answer, effect } = decide(this.#account(operation.orderId), operation, chance)
      const entry = {
        ...subject(operation),
        ...(effect && { amount: effect.amount, currency: effect.currency }),
        idempotencyKey,
        result: 'code' in answer ? ('declined' as const) : ('ok' as const),
        ...('code' in answer && { code: answer.code }),
        at: new Date().toISOString(),
      }
      this.#record(entry, effect)
      return answer
    })
  }

  /** Records a request that failed before its effect. */
  async fail(idempotencyKey: string, operation: Operation, code: string): Promise<void> {
    const at = new Date().toISOString()
    const entry = { ...subject(operation), idempotencyKey, result: 'error', code, at } as const
    await this.store.write(() => this.#record(entry)).finally(() => this.#flaking.delete(idempotencyKey))
  }

  /** True once for a key: its first attempt is to fail. */
  flakesNow(idempotencyKey: string, orderId: string): boolean {
    if (this.#flaking.has(idempotencyKey) || this.#answers.has(idempotencyKey)) return false
    if (this.#flaked.get(orderId, idempotencyKey, FLAKED)) return false
    this.#flaking.add(idempotencyKey)
    return true
  }

  /** Everything about one order, up to 1,000 entries, oldest first. */
  operationsOf(orderId: string): LedgerEntry[] {
    return rowsOf<Row>(this.#ofOrder, orderId).map(publicEntry)
  }

  /** The ledger behind `cursor`, oldest first; `next` is the cursor of what follows. */
  page(cursor: number, limit: number): { items: LedgerEntry[]; next: number | undefined } {
    const rows = rowsOf<Row>(this.#page, cursor, limit + 1)
    const items = rows.slice(0, limit)
    return { items: items.map(publicEntry), next: rows.length > limit ? items.at(-1)!.id : undefined }
  }

  #account(orderId: string): Account {
    const rows = rowsOf<{ effect: string }>(this.#effects, orderId)
    return rows.reduce((account, { effect }) => evolve(account, JSON.parse(effect) as Effect), NO_ACCOUNT)
  }

  #record(entry: LedgerEntry, effect?: Effect): void {
    const { operation, orderId, amount, currency, idempotencyKey, result, code = null, at } = entry
    const effectText = effect === undefined ? null : JSON.stringify(effect)
    this.#insert.run(Date.parse(at), orderId, operation, amount, currency, idempotencyKey, result, code, effectText)
    this.totals.add(entry)
  }

  #restore(entry: Entry): void {
    if ('settings' in entry) this.settings.restore({ ...PAYMENT_DEFAULTS, ...entry.settings })
    else {
      this.#record(entry, 'effect' in entry ? entry.effect : undefined)
      if ('answer' in entry) this.#answers.save(entry, Date.parse(entry.at))
    }
  }
}

/** The ledger code of a `tok_flaky` attempt that failed as it must. */
export const FLAKED = 'flaky_token'

const subject = (operation: Operation) => ({
  operation: operation.operation,
  orderId: operation.orderId,
  amount: operation.operation === 'void' ? 0 : operation.amount,
  currency: operation.operation === 'void' ? NO_CURRENCY : operation.currency,
})

const publicEntry = ({ id, code, at, ...entry }: Row): LedgerEntry => ({
  ...entry,
  ...(code !== null && { code }),
  at: new Date(at).toISOString(),
})
