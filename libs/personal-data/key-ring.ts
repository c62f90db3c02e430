import { createLogger, fields } from '#libs/observability'
import { Batched } from './batched.ts'
import type { CustomerKey } from './sealed-text.ts'
import type { Holding, Vault } from './vault.ts'

/** The customer's data was erased: there is no key, and never will be one. */
export class CustomerErased extends Error {
  override readonly name = 'CustomerErased'

  constructor(readonly customerId: string) {
    super(`the personal data of customer ${customerId} was erased`)
  }
}

/** There never was a key: somebody made the text up, or the vault is not the one it was sealed by. */
export class UnknownCustomer extends Error {
  override readonly name = 'UnknownCustomer'
}

export interface KeyRingOptions {
  /** Keys in memory, the longest unused go first. Default 10,000, some 10 MB. */
  readonly capacity?: number
  /** How old what is known of erasures may be before it is asked for again, milliseconds. Default 1,000. */
  readonly askAgainMs?: number
  /** How old it may be at all: a process that the vault is away from for longer uses no key. Default 30,000. */
  readonly trustMs?: number
}

/** Beyond the age of what is known: a destruction that took as long to commit is still heard of. Seconds. */
const OVERLAP_S = 60

/**
 * The keys of a process. One question covers all customers that are asked for at the same time, and a key is asked for
 * once while it stays here. Of an erasure every ring hears within a second or two of being used.
 */
export class KeyRing {
  readonly #log = createLogger('personal-data')
  readonly #known = new Map<string, Holding>()
  readonly #found: Batched<Holding>
  readonly #made: Batched<Holding>
  readonly #limits: Required<KeyRingOptions>
  #askedAt = performance.now()
  #asking: Promise<void> | undefined

  constructor(
    private readonly vault: Pick<Vault, 'find' | 'findOrCreate' | 'destroyedWithin'>,
    options: KeyRingOptions = {},
  ) {
    this.#limits = { capacity: 10_000, askAgainMs: 1_000, trustMs: 30_000, ...options }
    this.#found = new Batched((ids) => this.vault.find(ids))
    this.#made = new Batched((ids) => this.vault.findOrCreate(ids))
  }

  /**
   * What to seal a customer's data with; made when it is the first of it.
   * @throws CustomerErased; DatabaseUnavailable when the vault is away and the key is not here.
   */
  async sealing(customerId: string): Promise<CustomerKey> {
    const holding = await this.#holding(customerId, this.#made)
    if (holding === undefined || holding === 'erased') throw new CustomerErased(customerId)
    return holding
  }

  /**
   * What to open a customer's data with; undefined when it was erased.
   * @throws UnknownCustomer, DatabaseUnavailable
   */
  async opening(customerId: string): Promise<CustomerKey | undefined> {
    const holding = await this.#holding(customerId, this.#found)
    if (holding === undefined) throw new UnknownCustomer(`the vault knows no key of customer ${customerId}`)
    return holding === 'erased' ? undefined : holding
  }

  forget(customerId: string): void {
    this.#known.delete(customerId)
  }

  async #holding(customerId: string, from: Batched<Holding>): Promise<Holding | undefined> {
    await this.#hearOfErasures()
    const known = this.#known.get(customerId)
    if (known !== undefined) {
      this.#known.delete(customerId)
      this.#known.set(customerId, known)
      return known
    }
    const holding = await from.of(customerId)
    if (holding !== undefined) this.#keep(customerId, holding)
    return holding
  }

  #keep(customerId: string, holding: Holding): void {
    // An answer that was on its way when the customer was erased must not bring the key back.
    if (this.#known.get(customerId) === 'erased') return
    this.#known.set(customerId, holding)
    if (this.#known.size > this.#limits.capacity) this.#known.delete(this.#known.keys().next().value!)
  }

  /** Waits only when too little is known. */
  #hearOfErasures(): Promise<void> | undefined {
    const age = performance.now() - this.#askedAt
    if (age < this.#limits.askAgainMs) return undefined
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    if (age > this.#limits.trustMs) return this.#asking
    this.#asking.catch((error) => this.#log.warn('erasures cannot be asked for', { [fields.error]: error }))
    return undefined
  }

  async #ask(): Promise<void> {
    const at = performance.now()
    const seconds = (at - this.#askedAt) / 1_000 + OVERLAP_S
    for (const customerId of await this.vault.destroyedWithin(seconds))
      if (this.#known.has(customerId)) this.#known.set(customerId, 'erased')
    this.#askedAt = at
  }
}
