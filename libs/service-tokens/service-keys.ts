import { createSecretKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

const KEY_BYTES = 32
/** While a key is replaced there are two; more are a file of something else. */
const MOST_KEYS = 8
/** Between two looks whether the file has changed. Milliseconds. */
const LOOK_MS = 1_000

/**
 * A file of service keys: each line 32 random bytes or more in base64url, the newest first. They are key objects, with which
 * an HMAC takes a sixth of the time that it takes with the bytes.
 */
export class ServiceKeys {
  #keys: readonly KeyObject[]
  #changedAt: number
  #lookedAt = Date.now()

  /** @throws Error, saying what is wrong with the file. */
  constructor(private readonly file: string) {
    this.#changedAt = statSync(file).mtimeMs
    this.#keys = parseKeys(readFileSync(file, 'utf8'), file)
  }

  /** What is signed with. */
  get newest(): KeyObject {
    return this.#keys[0]!
  }

  /** What is believed. */
  get all(): readonly KeyObject[] {
    return this.#keys
  }

  /**
   * Whether the file has other keys than before: whoever meets a signature of an unknown one asks. Looks once in a second,
   * and keeps what it had when the file cannot be read, which may be while somebody replaces it.
   */
  renew(): boolean {
    const now = Date.now()
    if (now - this.#lookedAt < LOOK_MS) return false
    this.#lookedAt = now
    try {
      const changedAt = statSync(this.file).mtimeMs
      if (changedAt === this.#changedAt) return false
      this.#keys = parseKeys(readFileSync(this.file, 'utf8'), this.file)
      this.#changedAt = changedAt
      return true
    } catch {
      return false
    }
  }
}

const parseKeys = (text: string, file: string): KeyObject[] => {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const keys = lines.map((line) => Buffer.from(line.trim(), 'base64url'))
  if (keys.length === 0 || keys.length > MOST_KEYS || keys.some((key) => key.length < KEY_BYTES))
    throw new Error(`${file}: 1 to ${MOST_KEYS} lines of ${KEY_BYTES} bytes or more in base64url are expected`)
  return keys.map((key) => createSecretKey(key))
}
