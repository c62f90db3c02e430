import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

export interface CertificateOptions {
  readonly subject: string
  readonly publicKey: webcrypto.CryptoKey
  readonly issuer: string
  readonly signedBy: webcrypto.CryptoKey
  readonly from: Date
  readonly until: Date
  /** Names by which a server is called; undefined: an authority, which may only sign. */
  readonly names?: readonly string[]
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Of an elliptic curve; the private one may be written down. */
export const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

/** An X.509 certificate (RFC 5280) of a server or of an authority, in PEM. */
export const certificate = async (options: CertificateOptions): Promise<string> => {
  const { subject, publicKey, issuer, signedBy, from, until, names } = options
  const made = await X509CertificateGenerator.create({
    ...{ subject: `CN=${subject}`, issuer: `CN=${issuer}`, notBefore: from, notAfter: until },
    ...{ publicKey, signingKey: signedBy, signingAlgorithm: ALGORITHM },
    extensions: names === undefined ? ofAuthority() : ofServer(names),
  })
  return `${made.toString('pem')}\n`
}

const ofAuthority = () => [
  new BasicConstraintsExtension(true, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
]

const ofServer = (names: readonly string[]) => [
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
  new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
]
