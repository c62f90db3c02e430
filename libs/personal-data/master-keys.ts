import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A customer's key as the vault keeps it. */
export interface WrappedKey {
  readonly masterKeyId: string
  readonly wrapped: Buffer
}

/**
 * What customers' keys are wrapped with. A key management service takes the place of `localMasterKeys` by these two calls;
 * it never has to give a key away.
 */
export interface MasterKeys {
  /** The name of the newest, which a rotation leads to. */
  readonly newest: string
  has(id: string): boolean
  /**
   * By the master key of this name. `context`: the customer, so that a wrapped key opens in no other row.
   * @throws UnknownMasterKey
   */
  wrap(key: Buffer, context: string, by: string): Promise<WrappedKey>
  /** @throws UnknownMasterKey, or Error for one that was changed. */
  unwrap(wrapped: WrappedKey, context: string): Promise<Buffer>
  /** They may have been rotated since: looks again. */
  refresh(): Promise<void>
}

/** It is not here: whoever runs the service can mend that. */
export class UnknownMasterKey extends Error {
  override readonly name = 'UnknownMasterKey'
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const LINE = /^[A-Za-z0-9+/]{43}=$/

/** A new one, as a line of the file. */
export const newMasterKey = (): string => randomBytes(KEY_BYTES).toString('base64')

/** The keys in a text, by their names, the newest first: base64 of 32 bytes a line. Errors say nothing of a key. */
export const parseMasterKeys = (text: string): Map<string, Buffer> => {
  const lines = text.split(/[\s,]+/).filter((line) => line !== '')
  if (lines.length === 0 || !lines.every((line) => LINE.test(line)))
    throw new Error('master keys are 32 bytes in base64 each, one a line, the newest first')
  return new Map(lines.map((line) => Buffer.from(line, 'base64')).map((key) => [nameOf(key), key]))
}

const nameOf = (key: Buffer): string => hash('sha256', key, 'hex').slice(0, 12)

/** Keys that this process holds itself; `read` answers them as text, from a file or the environment. */
export const localMasterKeys = (read: () => string): MasterKeys => {
  let keys = parseMasterKeys(read())
  const keyOf = (id: string): Buffer => {
    const key = keys.get(id)
    if (key === undefined) throw new UnknownMasterKey(`master key ${id} is not here`)
    return key
  }
  return {
    get newest() {
      return keys.keys().next().value!
    },
    has: (id) => keys.has(id),
    refresh: async () => {
      keys = parseMasterKeys(read())
    },
    wrap: async (key, context, by) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, keyOf(by), nonce)
      cipher.setAAD(Buffer.from(context))
      return {
        masterKeyId: by,
        wrapped: Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]),
      }
    },
    unwrap: async ({ masterKeyId, wrapped }, context) => {
      const decipher = createDecipheriv(CIPHER, keyOf(masterKeyId), wrapped.subarray(0, NONCE_BYTES))
      decipher.setAAD(Buffer.from(context))
      decipher.setAuthTag(wrapped.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    },
  }
}

export const masterKeysFrom = ({ MASTER_KEYS, MASTER_KEYS_FILE }: MasterKeySettings): MasterKeys =>
  localMasterKeys(() => {
    if (MASTER_KEYS !== undefined) return MASTER_KEYS
    if (MASTER_KEYS_FILE !== undefined) return readFileSync(MASTER_KEYS_FILE, 'utf8')
    throw new Error("MASTER_KEYS_FILE or MASTER_KEYS: the keys that customers' keys are wrapped with")
  })

export interface MasterKeySettings {
  /** The keys themselves, for platforms that keep secrets in the environment; goes before the file. */
  readonly MASTER_KEYS?: string | undefined
  readonly MASTER_KEYS_FILE?: string | undefined
}
