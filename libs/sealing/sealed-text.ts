import { createSecretKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto'
import { rawPublic } from './keys.ts'

/** Every sealed text begins with it; another way of sealing gets another one. */
const VERSION = 'sealed.v1.'

export const CIPHER = 'aes-256-gcm'
export const NONCE_BYTES = 12
export const TAG_BYTES = 16

/** `sealed.v1.<key id>.<ephemeral public key>.<nonce, ciphertext, tag>`, the last two in base64url. */
export interface SealedParts {
  readonly keyId: string
  readonly ephemeral: string
  readonly box: Buffer
}

export const isSealed = (text: string): boolean => text.startsWith(VERSION)

export const write = ({ keyId, ephemeral, box }: SealedParts): string =>
  `${VERSION}${keyId}.${ephemeral}.${box.toString('base64url')}`

const TEXT = /^sealed\.v1\.([\w-]{12})\.([\w-]{43})\.([\w-]+)$/

/** Undefined for what is no sealed text, or a damaged one. */
export const read = (text: string): SealedParts | undefined => {
  const [, keyId, ephemeral, box] = TEXT.exec(text) ?? []
  if (keyId === undefined || ephemeral === undefined || box === undefined) return undefined
  const bytes = Buffer.from(box, 'base64url')
  return bytes.length < NONCE_BYTES + TAG_BYTES ? undefined : { keyId, ephemeral, box: bytes }
}

/**
 * The key that both ends arrive at; bound to both public keys, as RFC 9180 (HPKE) asks. A key object, since one made anew
 * from bytes for every text costs more than the cipher.
 */
export const cipherKey = (ours: KeyObject, theirs: KeyObject, ephemeral: string, recipient: KeyObject): KeyObject => {
  const secret = diffieHellman({ privateKey: ours, publicKey: theirs })
  const publics = Buffer.from(ephemeral + rawPublic(recipient), 'base64url')
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, publics, 'waybill sealed.v1', 32)))
}
