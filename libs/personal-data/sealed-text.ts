import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { WrappedKey } from './master-keys.ts'

/** Every sealed text begins with it; another way of sealing gets another one. */
const VERSION = 'personal.v1.'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `personal.v1.<customer id>.<nonce, ciphertext, tag in base64url>`; finds those inside of a longer text, too. */
export const SEALED_TEXTS = /personal\.v1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{38,})/g
const SEALED_TEXT = new RegExp(`^${SEALED_TEXTS.source}$`)

export const isSealed = (text: string): boolean => text.startsWith(VERSION)

/** Whose key a sealed text was made with; undefined for anything else. */
export const customerOf = (text: string): string | undefined => SEALED_TEXT.exec(text)?.[1]

/** It was changed, or sealed with another key. Never shows a part of it. */
export class DamagedText extends Error {
  override readonly name = 'DamagedText'
}

/**
 * What one customer's texts are sealed with and opened. The nonce follows from the text (a synthetic one, as in RFC 8452):
 * the same text of one customer is sealed the same, so a handler that runs twice says the same thing twice, and a database
 * can tell whether two are equal. Of different customers nothing can be compared.
 */
export class CustomerKey {
  readonly #cipherKey: KeyObject
  readonly #nonceKey: KeyObject

  /** `dataKey`: 32 random bytes; `unannounced`: the same as the vault keeps it, while no copy of that is in a topic. */
  constructor(
    readonly customerId: string,
    dataKey: Buffer,
    readonly unannounced?: WrappedKey | undefined,
  ) {
    const derived = (use: string) => createSecretKey(Buffer.from(hkdfSync('sha256', dataKey, '', `waybill ${use}`, 32)))
    this.#cipherKey = derived('personal.v1 cipher')
    this.#nonceKey = derived('personal.v1 nonce')
  }

  seal(text: string): string {
    const nonce = createHmac('sha256', this.#nonceKey).update(text).digest().subarray(0, NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#cipherKey, nonce)
    cipher.setAAD(Buffer.from(this.customerId))
    const box = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${VERSION}${this.customerId}.${box.toString('base64url')}`
  }

  /** @throws DamagedText */
  open(sealed: string): string {
    const [, customerId, encoded] = SEALED_TEXT.exec(sealed) ?? []
    if (encoded === undefined || customerId !== this.customerId)
      throw new DamagedText('no sealed text of this customer')
    const box = Buffer.from(encoded, 'base64url')
    // More than one text would decode to the same bytes.
    if (box.length < NONCE_BYTES + TAG_BYTES || box.toString('base64url') !== encoded)
      throw new DamagedText('no sealed text')
    const decipher = createDecipheriv(CIPHER, this.#cipherKey, box.subarray(0, NONCE_BYTES))
    decipher.setAAD(Buffer.from(customerId))
    decipher.setAuthTag(box.subarray(-TAG_BYTES))
    try {
      return decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    } catch (error) {
      throw new DamagedText('a sealed text was changed, or sealed with another key', { cause: error })
    }
  }
}
