import { createCipheriv, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { keyId, rawPublic } from './keys.ts'
import { CIPHER, cipherKey, NONCE_BYTES, write } from './sealed-text.ts'

/** After this the ephemeral key is drawn anew: what leaks from memory opens what was sealed within the hour. */
const EPHEMERAL_MS = 60 * 60 * 1000

interface Ephemeral {
  readonly publicKey: string
  readonly cipherKey: KeyObject
  readonly until: number
}

/** Seals texts for the holder of one private key. Whoever seals cannot open again. */
export class Sealer {
  readonly #recipient: KeyObject
  readonly #keyId: string
  #ephemeral: Ephemeral | undefined

  constructor(recipient: KeyObject) {
    this.#recipient = recipient
    this.#keyId = keyId(recipient)
  }

  /**
   * @param context what the text belongs to: it opens for nothing else, so it cannot be moved.
   */
  seal(text: string, context: string): string {
    const { publicKey, cipherKey } = this.#current()
    // Random nonces are good for 2^32 texts of one key, a million in every second of its hour.
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, cipherKey, nonce)
    cipher.setAAD(Buffer.from(context))
    const box = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return write({ keyId: this.#keyId, ephemeral: publicKey, box })
  }

  #current(): Ephemeral {
    const now = performance.now()
    if (this.#ephemeral === undefined || this.#ephemeral.until < now) {
      const { publicKey, privateKey } = generateKeyPairSync('x25519')
      const raw = rawPublic(publicKey)
      this.#ephemeral = {
        publicKey: raw,
        cipherKey: cipherKey(privateKey, this.#recipient, raw, this.#recipient),
        until: now + EPHEMERAL_MS,
      }
    }
    return this.#ephemeral
  }
}
