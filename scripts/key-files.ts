import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { newMasterKey, parseMasterKeys } from '#libs/personal-data'
import { generateKeyPair, publicKeyFrom } from '#libs/sealing'
import { ServiceKeys, scrapeToken } from '#libs/service-tokens'
import { freshSecret } from '#libs/webhooks'
import { replaceFile, textOf } from './files.ts'

export interface KeyFiles {
  /** What services show each other who they are with. */
  readonly serviceKeys: string
  /** What a collector of metrics shows; follows from the newest of them. */
  readonly scrapeToken: string
  /** What the carrier signs its reports with. */
  readonly carrierSecrets: string

  /** Of payment tokens. Private keys in PEM, the newest first; those behind it open what was sealed before a rotation. */
  readonly privateKeys: string
  /** Of the newest. */
  readonly publicKey: string
}

/** The keys that payment tokens are sealed with: the payment service has the one file, the order service the other. */
export type PaymentKeyFiles = Pick<KeyFiles, 'privateKeys' | 'publicKey'>

export const keyFilesIn = (data: string): KeyFiles => ({
  serviceKeys: join(data, 'keys', 'service.keys'),
  scrapeToken: join(data, 'keys', 'scrape.token'),
  carrierSecrets: join(data, 'keys', 'carrier-webhook.secrets'),
  privateKeys: join(data, 'keys', 'payment-private.pem'),
  publicKey: join(data, 'keys', 'payment-public.pem'),
})

/** Makes what is missing; the public key always follows from the private ones. */
export const preparePaymentKeys = ({ privateKeys, publicKey }: PaymentKeyFiles, { rotate = false } = {}): void => {
  const old = textOf(privateKeys)
  const pem = old === '' || rotate ? generateKeyPair().privatePem + old : old
  if (pem !== old) replaceFile(privateKeys, pem, 0o600)
  const publicPem = publicKeyFrom(pem).export({ type: 'spki', format: 'pem' }) as string
  if (publicPem !== textOf(publicKey)) replaceFile(publicKey, publicPem, 0o644)
}

/** Makes what is missing, or a new key in front of the old one, which is believed until it is replaced in turn. */
export const prepareServiceKeys = (
  { serviceKeys, scrapeToken: scraper }: Pick<KeyFiles, 'serviceKeys' | 'scrapeToken'>,
  { rotate = false } = {},
): void => {
  const [newest] = textOf(serviceKeys).split('\n')
  if (!newest || rotate) {
    const keys = [randomBytes(32).toString('base64url'), ...(newest ? [newest] : [])]
    replaceFile(serviceKeys, keys.map((key) => `${key}\n`).join(''), 0o600)
  }
  const token = scrapeToken(new ServiceKeys(serviceKeys).newest)
  if (token !== textOf(scraper)) replaceFile(scraper, token, 0o600)
}

/** As those, but each secret is a line. */
export const prepareCarrierSecrets = (file: string, { rotate = false } = {}): void => {
  const [newest] = textOf(file).split('\n')
  if (newest && !rotate) return
  replaceFile(file, [freshSecret(), ...(newest ? [newest] : [])].map((secret) => `${secret}\n`).join(''), 0o600)
}

/** The folder of the passwords that processes show a broker which asks who comes. */
export const kafkaPasswordsIn = (data: string): string => join(data, 'keys', 'kafka')

/** What the keys of customers' personal data are wrapped with. */
export const masterKeysIn = (data: string): string => join(data, 'keys', 'personal-data-master')

/** Makes the first master key where there is none; what is there has to be right. */
export const prepareMasterKeys = (file: string): void => {
  const text = textOf(file)
  if (text === '') replaceFile(file, `${newMasterKey()}\n`, 0o600)
  else parseMasterKeys(text)
}

/** A new master key before the ones that there are. */
export const addMasterKey = (file: string): void => replaceFile(file, `${newMasterKey()}\n${textOf(file)}`, 0o600)

/** Leaves the newest only: what an earlier one has wrapped, backups of the vault included, opens no more. */
export const forgetOldMasterKeys = (file: string): void => replaceFile(file, `${textOf(file).split('\n')[0]}\n`, 0o600)
