import { type KeyObject, randomBytes, sign } from 'node:crypto'
import { bitString, boolean, integer, octetString, oid, sequence, set, tagged, time, utf8String } from './der.ts'

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  subjectAlternativeName: '2.5.29.17',
}
const VERSION_3 = 2n

export interface CertificateOptions {
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuer: string
  /** An elliptic one. */
  readonly signedBy: KeyObject
  readonly from: Date
  readonly until: Date
  /** Names by which a server is called; undefined: an authority, which may only sign. */
  readonly names?: readonly string[]
}

/** An X.509 certificate (RFC 5280) of a server or of an authority, in PEM. */
export const certificate = (options: CertificateOptions): string => {
  const { subject, publicKey, issuer, signedBy, from, until, names } = options
  const algorithm = sequence(oid(OID.ecdsaWithSha256))
  const content = sequence(
    tagged(0, integer(VERSION_3), { constructed: true }),
    integer(serialNumber()),
    algorithm,
    name(issuer),
    sequence(time(from), time(until)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...(names === undefined ? ofAuthority() : ofServer(names))), { constructed: true }),
  )
  return pem(sequence(content, algorithm, bitString(sign('sha256', content, signedBy))))
}

/** Positive, and nobody's by accident. */
const serialNumber = (): bigint => BigInt(`0x01${randomBytes(15).toString('hex')}`)

const name = (text: string): Buffer => sequence(set(sequence(oid(OID.commonName), utf8String(text))))

const extension = (id: string, content: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octetString(content))

/** The bits of a key's uses, from the first on: the sixth signs certificates, the first proves who one is. */
const keyUsage = (byte: number, unused: number): Buffer =>
  extension(OID.keyUsage, bitString(Buffer.from([byte]), unused), true)

const ofAuthority = (): Buffer[] => [
  extension(OID.basicConstraints, sequence(boolean(true)), true),
  keyUsage(0b0000_0100, 2),
]

const ofServer = (names: readonly string[]): Buffer[] => [
  extension(OID.basicConstraints, sequence(), true),
  keyUsage(0b1000_0000, 7),
  extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuthentication))),
  extension(
    OID.subjectAlternativeName,
    sequence(...names.map((each) => tagged(2, Buffer.from(each, 'latin1'), { constructed: false }))),
  ),
]

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
