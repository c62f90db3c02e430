import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { every } from '../../clock.ts'
import type { ListenerSettings } from '../../config/listener-settings.ts'
import { type PrincipalMapper, principalMapper } from './principal-mapper.ts'

/** How often files are looked at, in milliseconds. */
const CHECK_MS = 2000
const JAVA_KEYSTORE = 0xfeedfeed

/** What a listener shows and whom it trusts, as its settings say and its files have it at present. */
export class TlsCertificates {
  private current: SecureContextOptions
  private seen: string
  private readonly listeners = new Set<(options: SecureContextOptions) => void>()
  /** The name of a principal by that of its certificate; undefined when no rule applies. */
  readonly nameOf: PrincipalMapper
  private readonly end: () => void

  /** Throws, with a sentence for people, where there is no key or it does not fit. */
  constructor(
    private readonly settings: ListenerSettings,
    private readonly report: (renewed: { readonly expires: string } | { readonly problem: Error }) => void,
  ) {
    this.seen = this.state()
    this.current = usable(contextOptions(settings))
    const mapper = principalMapper(settings.get('ssl.principal.mapping.rules'))
    if ('problem' in mapper) throw new Error(mapper.problem)
    this.nameOf = mapper
    this.end = every(CHECK_MS, () => this.check())
  }

  get options(): SecureContextOptions {
    return this.current
  }

  /** When the certificate ends; undefined where it comes from a PKCS12 file, which OpenSSL alone has looked into. */
  get expires(): Date | undefined {
    const { cert } = this.current
    return cert === undefined ? undefined : new X509Certificate(cert as string).validToDate
  }

  get clientAuthentication(): 'none' | 'requested' | 'required' {
    return this.settings.get('ssl.client.auth') as 'none' | 'requested' | 'required'
  }

  /** Calls back with what holds for new connections whenever files have changed. */
  onRenewal(listener: (options: SecureContextOptions) => void): void {
    this.listeners.add(listener)
  }

  close(): void {
    this.end()
  }

  /** Files that are half written, or do not fit each other, are tried again when they change again. */
  private check(): void {
    const state = this.state()
    if (state === this.seen) return
    this.seen = state
    try {
      const options = usable(contextOptions(this.settings))
      this.current = options
      for (const listener of this.listeners) listener(this.current)
      this.report({ expires: this.expires?.toISOString() ?? 'unknown' })
    } catch (error) {
      this.report({ problem: error as Error })
    }
  }

  private state(): string {
    const files = FILES.map((name) => this.settings.get(name)).filter((file) => file !== null)
    return files.map((file) => stateOf(file)).join('\n')
  }
}

const FILES = ['ssl.keystore.location', 'ssl.truststore.location', 'ssl.crl.location'] as const

function stateOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return 'missing'
  }
}

/** Throws where key and certificate do not fit, or OpenSSL does not know what is asked for. */
function usable(options: SecureContextOptions): SecureContextOptions {
  createSecureContext(options)
  return options
}

function contextOptions(settings: ListenerSettings): SecureContextOptions {
  const versions = settings.get('ssl.enabled.protocols').split(',').sort()
  const ciphers = settings.get('ssl.cipher.suites')
  const crl = settings.get('ssl.crl.location')
  return {
    ...keyOptions(settings),
    ...authorities(settings),
    ...(crl !== null && { crl: readFileSync(crl, 'utf8') }),
    ...(ciphers !== '' && { ciphers: ciphers.split(',').join(':') }),
    minVersion: versions[0] as 'TLSv1.2' | 'TLSv1.3',
    maxVersion: versions.at(-1) as 'TLSv1.2' | 'TLSv1.3',
    honorCipherOrder: true,
  }
}

function keyOptions(settings: ListenerSettings): SecureContextOptions {
  const passphrase = settings.get('ssl.key.password') ?? settings.get('ssl.keystore.password') ?? undefined
  const key = settings.get('ssl.keystore.key')
  const chain = settings.get('ssl.keystore.certificate.chain')
  if (key !== null && chain !== null) return pem(`${key}\n${chain}`, passphrase)
  const location = settings.get('ssl.keystore.location')
  if (location === null) throw new Error('ssl.keystore.location does not say where key and certificate are')
  const content = readFileSync(location)
  const type = settings.get('ssl.keystore.type')
  if (content.length > 4 && content.readUInt32BE(0) === JAVA_KEYSTORE) {
    const command = `keytool -importkeystore -srckeystore ${location} -destkeystore server.p12 -deststoretype PKCS12`
    throw new Error(`${location} is in Java's own format, which only Java reads: ${command} makes another`)
  }
  const isPem = content.includes('-----BEGIN ')
  if (type !== 'JKS' && (type === 'PEM') !== isPem) throw new Error(`${location} is not of the type ${type}`)
  if (isPem) return pem(content.toString('utf8'), passphrase)
  return { pfx: content, passphrase: settings.get('ssl.keystore.password') ?? '' }
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g

/** Key and certificates of one text; one line may hold them all, as Kafka's settings do. */
function pem(text: string, passphrase: string | undefined): SecureContextOptions {
  const key = partsOf(text).find(({ label }) => label.endsWith('PRIVATE KEY'))?.part
  const certificates = certificatesIn(text)
  if (key === undefined || certificates.length === 0)
    throw new Error('the keystore has no private key or no certificate')
  return { key, cert: certificates.join('\n'), ...(passphrase !== undefined && { passphrase }) }
}

const partsOf = (text: string) =>
  Array.from(text.matchAll(PEM), ([part, label]) => ({ part: unfolded(part), label: label! }))

const certificatesIn = (text: string): string[] =>
  partsOf(text).flatMap(({ part, label }) => (label === 'CERTIFICATE' ? [part] : []))

function unfolded(part: string): string {
  if (part.includes('\n')) return part
  const [, begin, body, end] = /^(-----BEGIN [^-]+-----)(.*)(-----END [^-]+-----)$/.exec(part)!
  return [begin, ...(body!.replace(/\s/g, '').match(/.{1,64}/g) ?? []), end].join('\n')
}

function authorities(settings: ListenerSettings): SecureContextOptions {
  const text = settings.get('ssl.truststore.certificates')
  const location = settings.get('ssl.truststore.location')
  if (text === null && location === null) {
    if (settings.get('ssl.client.auth') === 'none') return {}
    throw new Error('ssl.client.auth asks for certificates, and ssl.truststore.location does not say whose')
  }
  const content = text ?? readFileSync(location!, 'utf8')
  const certificates = certificatesIn(content)
  if (certificates.length === 0) throw new Error('the truststore is no PEM file with certificates')
  return { ca: certificates }
}
