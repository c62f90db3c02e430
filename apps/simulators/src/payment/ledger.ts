import { type Answer, type Answered, Answers } from '../answers.ts'
import { Journal } from '../journal.ts'
import { randomId } from '../random-id.ts'
import { PAYMENT_DEFAULTS, type PaymentSettings } from '../settings.ts'
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

type Entry =
  | (LedgerEntry & Answered & { readonly effect?: Effect })
  | (LedgerEntry & { readonly result: 'error' })
  | { readonly settings: PaymentSettings }

/** What memory keeps of an order: hundreds of bytes, for the ledger is never cleared. */
interface Order {
  account: Account
  /** Of its ledger entries, oldest first; grown by `concat`, since push and spread keep room for 16 more. */
  positions: readonly number[]
}

/** The payment provider's books: accounts, answers and settings, all of them replayed from one journal. */
export class PaymentLedger {
  readonly totals = new Totals()
  #settings = PAYMENT_DEFAULTS
  readonly #orders = new Map<string, Order>()
  readonly #positions: number[] = []
  /** Idempotency keys of `tok_flaky` whose first attempt failed, as it must, and whose second will not. */
  readonly #flaked = new Set<string>()
  readonly #answers = new Answers(async (position) => (await this.#journal.read(position)) as Entry & Answered)
  #journal!: Journal<Entry>

  static async open(path: string): Promise<PaymentLedger> {
    const ledger = new PaymentLedger()
    ledger.#journal = await Journal.open<Entry>(path, (entry, position) => ledger.#restore(entry, position))
    return ledger
  }

  get settings(): PaymentSettings {
    return this.#settings
  }

  async changeSettings(settings: PaymentSettings): Promise<PaymentSettings> {
    this.#settings = settings
    await this.#journal.append({ settings })
    return settings
  }

  /** Does the operation once for its key. */
  perform(idempotencyKey: string, operation: Operation): Promise<Answer> {
    return this.#answers.once(idempotencyKey, operation, async (fingerprint) => {
      const entry = this.#decide(operation, { idempotencyKey, fingerprint })
      const position = await this.#journal.append(entry)
      this.#index(entry, position)
      return { answer: entry.answer, position }
    })
  }

  /** Records a request that failed before its effect. */
  async fail(idempotencyKey: string, operation: Operation, code: string): Promise<void> {
    const entry = {
      ...subject(operation),
      idempotencyKey,
      result: 'error',
      code,
      at: new Date().toISOString(),
    } as const
    this.#index(entry, await this.#journal.append(entry))
  }

  /** True once for a key: its first attempt is to fail. */
  flakesNow(idempotencyKey: string): boolean {
    if (this.#answers.has(idempotencyKey) || this.#flaked.has(idempotencyKey)) return false
    this.#flaked.add(idempotencyKey)
    return true
  }

  /** Everything about one order, oldest first. */
  operationsOf(orderId: string): Promise<LedgerEntry[]> {
    return this.#read(this.#orders.get(orderId)?.positions ?? [])
  }

  /** The ledger from its `from`th line on, oldest first. */
  async page(from: number, limit: number): Promise<{ items: LedgerEntry[]; next: number | undefined }> {
    const items = await this.#read(this.#positions.slice(from, from + limit))
    return { items, next: from + limit < this.#positions.length ? from + limit : undefined }
  }

  check(): Promise<void> {
    return this.#journal.check()
  }

  close(): Promise<void> {
    return this.#journal.close()
  }

  #decide(operation: Operation, { idempotencyKey, fingerprint }: { idempotencyKey: string; fingerprint: string }) {
    const order = this.#order(operation.orderId)
    const chance = { id: randomId(20), declines: Math.random() < this.#settings.declineRate }
    const { answer, effect } = decide(order.account, operation, chance)
    if (effect) order.account = evolve(order.account, effect)
    return {
      ...subject(operation),
      ...(effect && { amount: effect.amount, currency: effect.currency }),
      idempotencyKey,
      result: 'code' in answer ? ('declined' as const) : ('ok' as const),
      ...('code' in answer && { code: answer.code }),
      at: new Date().toISOString(),
      fingerprint,
      answer,
      ...(effect && { effect }),
    }
  }

  #order(orderId: string): Order {
    let order = this.#orders.get(orderId)
    if (order === undefined) {
      order = { account: NO_ACCOUNT, positions: [] }
      this.#orders.set(orderId, order)
    }
    return order
  }

  #restore(entry: Entry, position: number): void {
    if ('settings' in entry) {
      this.#settings = { ...PAYMENT_DEFAULTS, ...entry.settings }
      return
    }
    const { orderId, idempotencyKey } = entry
    if (entry.code === FLAKED) this.#flaked.add(idempotencyKey)
    if ('answer' in entry) {
      this.#answers.restore(idempotencyKey, position)
      const order = this.#order(orderId)
      if (entry.effect) order.account = evolve(order.account, entry.effect)
    }
    this.#index(entry, position)
  }

  #index(entry: LedgerEntry, position: number): void {
    this.#positions.push(position)
    const order = this.#order(entry.orderId)
    order.positions = order.positions.concat(position)
    if (entry.result !== 'error') this.#flaked.delete(entry.idempotencyKey)
    this.totals.add(entry)
  }

  async #read(positions: readonly number[]): Promise<LedgerEntry[]> {
    const entries = await Promise.all(positions.map((position) => this.#journal.read(position)))
    return (entries as LedgerEntry[]).map(publicEntry)
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

const publicEntry = (entry: LedgerEntry): LedgerEntry => {
  const { operation, orderId, amount, currency, idempotencyKey, result, code, at } = entry
  return { operation, orderId, amount, currency, idempotencyKey, result, ...(code && { code }), at }
}
