import { Batched } from './batched.ts'
import { KeyRing, type KeyRingOptions, UnknownCustomer } from './key-ring.ts'
import { type MasterKeySettings, masterKeysFrom } from './master-keys.ts'
import { reveal, revealJson } from './reveal.ts'
import type { SealedObject } from './sealed-object.ts'
import { customerOf, isSealed } from './sealed-text.ts'
import { Vault } from './vault.ts'

export interface PersonalDataSettings extends MasterKeySettings {
  readonly VAULT_URL: string
}

/** Seals what is personal where it comes in, and opens it where it leaves for whoever needs it. */
export class PersonalData {
  readonly #vault: Vault
  readonly #keys: KeyRing
  readonly #announced: Batched<never>

  constructor(settings: PersonalDataSettings, options?: KeyRingOptions) {
    this.#vault = new Vault(settings.VAULT_URL, masterKeysFrom(settings))
    this.#keys = new KeyRing(this.#vault, options)
    this.#announced = new Batched(async (customerIds) => {
      await this.#vault.announced(customerIds)
      return new Map<string, never>()
    })
  }

  /** What to seal with; made when it is the customer's first. @throws CustomerErased, DatabaseUnavailable */
  sealing(customerId: string) {
    return this.#keys.sealing(customerId)
  }

  /** A sealed text's clear one; undefined when it was erased. A text that is not sealed, of before, is answered as it is. */
  async open(text: string): Promise<string | undefined> {
    const customerId = isSealed(text) ? customerOf(text) : undefined
    if (customerId === undefined) return text
    return (await this.#keys.opening(customerId))?.open(text)
  }

  /** The same of a sealed object; one that is not sealed is answered as it is. */
  async openObject<T extends object>(value: T | SealedObject<Partial<T>>): Promise<T | undefined> {
    if (!('sealed' in value)) return value
    const { sealed, ...open } = value
    const text = await this.open(sealed)
    return text === undefined ? undefined : ({ ...(JSON.parse(text) as object), ...open } as T)
  }

  /** Every sealed part of a JSON value opened, or `erased`. */
  reveal(value: unknown): Promise<unknown> {
    return reveal(value, (id) => this.#shown(id))
  }

  revealJson(text: string): Promise<string> {
    return revealJson(text, (id) => this.#shown(id))
  }

  /** A copy of the key is in a topic: nobody needs to say it again. */
  async announced(customerId: string): Promise<void> {
    await this.#announced.of(customerId)
    this.#keys.forget(customerId)
  }

  /** For good: nothing that was sealed for this customer can be opened by anybody, and no new key is made. Since when. */
  async erase(customerId: string): Promise<Date> {
    const at = await this.#vault.destroy(customerId)
    this.#keys.forget(customerId)
    return at
  }

  /** Anybody may write something like a sealed text into a topic; to be looked at it need not open. */
  async #shown(customerId: string) {
    try {
      return await this.#keys.opening(customerId)
    } catch (error) {
      if (error instanceof UnknownCustomer) return undefined
      throw error
    }
  }

  close(): Promise<void> {
    return this.#vault.close()
  }
}
