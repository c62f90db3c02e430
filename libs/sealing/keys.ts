import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'

export interface KeyPair {
  readonly privatePem: string
  readonly publicPem: string
}

/** A new X25519 pair, as PEM. */
export const generateKeyPair = (): KeyPair => {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  }
}

/** The public key in a PEM text, be it of a public key or of private ones: of the first, which is the newest. */
export const publicKeyFrom = (pem: string): KeyObject => x25519(createPublicKey(pem))

const BLOCK = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/g

/** Every private key in a PEM text, which holds one at least. */
export const privateKeysFrom = (pem: string): KeyObject[] => {
  const keys = (pem.match(BLOCK) ?? []).map((block) => x25519(createPrivateKey(block)))
  if (keys.length === 0) throw new Error('no private key in PEM form')
  return keys
}

const x25519 = (key: KeyObject): KeyObject => {
  if (key.asymmetricKeyType === 'x25519') return key
  throw new Error(`an X25519 key is needed, not ${key.asymmetricKeyType}`)
}

/** The 32 bytes of a public key, in base64url. */
export const rawPublic = (key: KeyObject): string => key.export({ format: 'jwk' }).x!

export const publicFromRaw = (x: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })

/** Names a key pair by its public half, so nobody has to give out names; 12 characters. */
export const keyId = (publicKey: KeyObject): string =>
  hash('sha256', Buffer.from(rawPublic(publicKey), 'base64url'), 'base64url').slice(0, 12)
