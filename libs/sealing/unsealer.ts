import { createDecipheriv, createPublicKey, type KeyObject } from 'node:crypto'
import { keyId, publicFromRaw } from './keys.ts'
import { CIPHER, cipherKey, NONCE_BYTES, read, type SealedParts, TAG_BYTES } from './sealed-text.ts'

/**
 * `unknown_key`: sealed for a key that is not here, which whoever runs the service can mend. `damaged`: changed, or
 * sealed for something else; that stays so.
 */
export type UnsealReason = 'unknown_key' | 'damaged'

export class UnsealError extends Error {
  override readonly name = 'UnsealError'
  constructor(
    readonly reason: UnsealReason,
    message: string,
  ) {
    super(message)
  }
}

/** One for each ephemeral key, of which every sealing process has one an hour. */
const KEPT_KEYS = 256

/** Opens what was sealed for any of its private keys: old ones are kept for what is still under way. */
export class Unsealer {
  readonly #privateKeys: ReadonlyMap<string, KeyObject>
  /** By key id and ephemeral key, the longest unused first. */
  readonly #cipherKeys = new Map<string, KeyObject>()

  constructor(privateKeys: readonly KeyObject[]) {
    this.#privateKeys = new Map(privateKeys.map((key) => [keyId(createPublicKey(key)), key]))
  }

  /** @throws UnsealError */
  open(sealed: string, context: string): string {
    const parts = read(sealed)
    if (parts === undefined) throw new UnsealError('damaged', 'not a sealed text')
    try {
      const { box } = parts
      const decipher = createDecipheriv(CIPHER, this.#cipherKey(parts), box.subarray(0, NONCE_BYTES))
      decipher.setAAD(Buffer.from(context))
      decipher.setAuthTag(box.subarray(-TAG_BYTES))
      return decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    } catch (error) {
      if (error instanceof UnsealError) throw error
      throw new UnsealError('damaged', `does not open for ${context}: it was changed, or sealed for something else`)
    }
  }

  #cipherKey({ keyId, ephemeral }: SealedParts): KeyObject {
    const name = `${keyId}.${ephemeral}`
    const key = this.#cipherKeys.get(name) ?? this.#derive(keyId, ephemeral)
    this.#cipherKeys.delete(name)
    this.#cipherKeys.set(name, key)
    if (this.#cipherKeys.size > KEPT_KEYS) this.#cipherKeys.delete(this.#cipherKeys.keys().next().value!)
    return key
  }

  #derive(keyId: string, ephemeral: string): KeyObject {
    const privateKey = this.#privateKeys.get(keyId)
    if (privateKey === undefined) throw new UnsealError('unknown_key', `sealed for the key ${keyId}, which is not here`)
    return cipherKey(privateKey, publicFromRaw(ephemeral), ephemeral, createPublicKey(privateKey))
  }
}
