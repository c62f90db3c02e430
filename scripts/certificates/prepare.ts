import { KeyObject, X509Certificate } from 'node:crypto'
import { replaceFile, textOf } from '../files.ts'
import { certificate, newKeys } from './certificate.ts'

/** Nobody comes by to renew them; new ones are made by whoever wants them. */
const DAYS = 3_650
const DAY_MS = 86_400_000
/** Clocks of other machines may be behind. */
const EARLIER_MS = DAY_MS
const AUTHORITY = 'Waybill of this machine'

export interface Server {
  /** By which it is called, and its certificate's only name. */
  readonly name: string
  /** Of its private key and its certificate. */
  readonly file: string
}

/**
 * Makes certificates of servers among themselves, and that of the authority which clients believe, where one is missing or not
 * by that authority; with `rotate` in any case. The authority's key is forgotten when it has signed them, so nobody can take
 * it; what is made later is of another authority, and of all servers.
 */
export const prepareCertificates = async (
  authorityFile: string,
  servers: readonly Server[],
  { rotate = false, now = new Date() } = {},
): Promise<boolean> => {
  if (!rotate && servers.every((server) => isGood(server, textOf(authorityFile), now))) return false
  const from = new Date(now.getTime() - EARLIER_MS)
  const until = new Date(now.getTime() + DAYS * DAY_MS)
  const authority = await newKeys()
  const signed = { issuer: AUTHORITY, signedBy: authority.privateKey, from, until }
  for (const { name, file } of servers) {
    const { privateKey, publicKey } = await newKeys()
    const key = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }) as string
    replaceFile(file, key + (await certificate({ ...signed, subject: name, publicKey, names: [name] })), 0o600)
  }
  const own = await certificate({ ...signed, subject: AUTHORITY, publicKey: authority.publicKey })
  replaceFile(authorityFile, own, 0o644)
  return true
}

const isGood = ({ name, file }: Server, authority: string, now: Date): boolean => {
  try {
    const [found, by] = [new X509Certificate(textOf(file)), new X509Certificate(authority)]
    return found.verify(by.publicKey) && found.checkHost(name) !== undefined && new Date(found.validTo) > now
  } catch {
    return false
  }
}
