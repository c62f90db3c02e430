import { randomBytes } from 'node:crypto'
import { Database } from '#libs/database'
import type { MasterKeys, WrappedKey } from './master-keys.ts'
import { CustomerKey } from './sealed-text.ts'
import {
  destroyKeys,
  findDestroyed,
  findKeys,
  findMasterKeyInUse,
  insertKeys,
  type KeyRow,
  lockKeysNotOf,
  markAnnounced,
  proposeMasterKey,
  rewrapKeys,
  useMasterKey,
} from './sql/customer-keys.ts'

/** `erased`: there was one, or there shall never be one. */
export type Holding = CustomerKey | 'erased'

const KEY_BYTES = 32
const REWRAPPED_AT_ONCE = 500

/** Where customers' keys are, each wrapped by a master key: a database of its own. */
export class Vault {
  readonly #database: Database

  constructor(
    url: string,
    private readonly masterKeys: MasterKeys,
  ) {
    this.#database = new Database(url)
  }

  /** What there is of these customers; those without a row are left out. */
  async find(customerIds: readonly string[]): Promise<Map<string, Holding>> {
    return this.#opened(await findKeys(this.#database, customerIds))
  }

  /** The same, and new keys for those without a row; durable when it answers. */
  async findOrCreate(customerIds: readonly string[], tries = 3): Promise<Map<string, Holding>> {
    const found = await this.find(customerIds)
    const missing = customerIds.filter((id) => !found.has(id))
    if (missing.length === 0) return found
    const masterKeyId = await this.#masterKeyInUse()
    const made = await Promise.all(missing.map((customerId) => this.#make(customerId, masterKeyId)))
    const kept = new Set(await insertKeys(this.#database, masterKeyId, made))
    for (const { customerId, dataKey, ...wrappedKey } of made)
      if (kept.has(customerId)) found.set(customerId, new CustomerKey(customerId, dataKey, wrappedKey))
    const others = missing.filter((id) => !kept.has(id))
    if (others.length > 0) for (const [id, holding] of await this.find(others)) found.set(id, holding)
    if (found.size === customerIds.length) return found
    // The master key was rotated between two of our statements.
    if (tries === 1) throw new Error('the master key in use changes all the time')
    return this.findOrCreate(customerIds, tries - 1)
  }

  /** Destroys the key; since when. Whatever was sealed with it stays closed. */
  async destroy(customerId: string): Promise<Date> {
    const [at] = await destroyKeys(this.#database, [customerId])
    return at!
  }

  /** Copies of these keys are in a topic. */
  async announced(customerIds: readonly string[]): Promise<void> {
    await markAnnounced(this.#database, customerIds)
  }

  destroyedWithin(seconds: number): Promise<string[]> {
    return findDestroyed(this.#database, seconds)
  }

  /** Wraps every key by the newest master key; answers how many. Older ones, and backups of this database, open nothing then. */
  async rewrap(): Promise<number> {
    const { newest } = this.masterKeys
    await useMasterKey(this.#database, newest)
    for (let total = 0; ; ) {
      const count = await this.#database.transaction(async (tx) => {
        const rows = await lockKeysNotOf(tx, newest, REWRAPPED_AT_ONCE)
        const again = await Promise.all(rows.map((row) => this.#rewrapped(row)))
        if (again.length > 0) await rewrapKeys(tx, newest, again)
        return rows.length
      })
      total += count
      if (count < REWRAPPED_AT_ONCE) return total
    }
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  async #rewrapped({ customerId, key }: KeyRow): Promise<WrappedKey & { customerId: string }> {
    const dataKey = await this.masterKeys.unwrap(key!, customerId)
    return { customerId, ...(await this.masterKeys.wrap(dataKey, customerId, this.masterKeys.newest)) }
  }

  async #make(customerId: string, masterKeyId: string) {
    const dataKey = randomBytes(KEY_BYTES)
    return { customerId, dataKey, ...(await this.masterKeys.wrap(dataKey, customerId, masterKeyId)) }
  }

  /** Says which it is when nobody has; reads ours again when it was rotated. */
  async #masterKeyInUse(): Promise<string> {
    let inUse = await findMasterKeyInUse(this.#database)
    if (inUse === undefined) {
      await proposeMasterKey(this.#database, this.masterKeys.newest)
      inUse = (await findMasterKeyInUse(this.#database))!
    }
    if (!this.masterKeys.has(inUse)) await this.masterKeys.refresh()
    return inUse
  }

  async #opened(rows: readonly KeyRow[]): Promise<Map<string, Holding>> {
    const unwrap = async ({ customerId, key, isAnnounced }: KeyRow): Promise<[string, Holding]> => {
      if (key === null) return [customerId, 'erased']
      const dataKey = await this.masterKeys.unwrap(key, customerId)
      return [customerId, new CustomerKey(customerId, dataKey, isAnnounced ? undefined : key)]
    }
    try {
      return new Map(await Promise.all(rows.map(unwrap)))
    } catch {
      await this.masterKeys.refresh()
      return new Map(await Promise.all(rows.map(unwrap)))
    }
  }
}
