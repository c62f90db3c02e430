import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generateKeyPair, publicKeyFrom } from '#libs/sealing'

/** The keys that payment tokens are sealed with: the payment service has the one file, the order service the other. */
export interface KeyFiles {
  /** Private keys in PEM, the newest first; those behind it open what was sealed before a rotation. */
  readonly privateKeys: string
  /** Of the newest. */
  readonly publicKey: string
}

export const keyFilesIn = (data: string): KeyFiles => ({
  privateKeys: join(data, 'keys', 'payment-private.pem'),
  publicKey: join(data, 'keys', 'payment-public.pem'),
})

/** Makes what is missing; the public key always follows from the private ones. */
export const preparePaymentKeys = ({ privateKeys, publicKey }: KeyFiles, { rotate = false } = {}): void => {
  const old = textOf(privateKeys)
  const pem = old === '' || rotate ? generateKeyPair().privatePem + old : old
  if (pem !== old) replace(privateKeys, pem, 0o600)
  const publicPem = publicKeyFrom(pem).export({ type: 'spki', format: 'pem' }) as string
  if (publicPem !== textOf(publicKey)) replace(publicKey, publicPem, 0o644)
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** Whole or not at all: a torn file would be a lost key. */
const replace = (path: string, text: string, mode: number): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.new`
  writeFileSync(draft, text, { mode, flush: true })
  chmodSync(draft, mode)
  renameSync(draft, path)
}
