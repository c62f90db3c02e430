import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { createSecureContext } from 'node:tls'

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const
export type SaslMechanism = (typeof SASL_MECHANISMS)[number]
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** What a client logs in with; secrets are looked up when they are needed, so that a file may have another one. */
export type SaslCredentials =
  | { readonly mechanism: Exclude<SaslMechanism, 'OAUTHBEARER'>; readonly username: string; password(): string }
  | { readonly mechanism: 'OAUTHBEARER'; token(): string }

/** How a client of Kafka connects. Both undefined: without encryption, as nobody in particular. */
export interface KafkaSecurity {
  /** For each new connection anew: certificates are renewed while the process runs. */
  readonly tls?: () => ConnectionOptions
  readonly sasl?: SaslCredentials
}

type Environment = Readonly<Record<string, string | undefined>>
type Problems = { readonly problems: readonly string[] }

/**
 * Reads `KAFKA_SECURITY_PROTOCOL`, `KAFKA_SASL_…` and `KAFKA_SSL_…` (libs/messaging/README.md). Each secret can be given
 * by `…_FILE`, the file that it is in. What is wrong is said without any secret.
 */
export function readKafkaSecurity(env: Environment): KafkaSecurity | Problems {
  const given = new Given(env)
  const protocol = (given.text('KAFKA_SECURITY_PROTOCOL') ?? 'PLAINTEXT').toUpperCase()
  if (!PROTOCOLS.includes(protocol)) return { problems: [`KAFKA_SECURITY_PROTOCOL: one of ${PROTOCOLS.join(', ')}`] }
  const security: KafkaSecurity = {
    ...(protocol.endsWith('SSL') && { tls: tlsFrom(given) }),
    ...(protocol.startsWith('SASL') && { sasl: saslFrom(given) }),
  }
  return given.problems.length > 0 ? { problems: given.problems } : security
}

let ofProcess: KafkaSecurity | undefined

/** What the environment says: one process talks to one Kafka. Throws where that makes no sense. */
export function kafkaSecurity(): KafkaSecurity {
  if (ofProcess !== undefined) return ofProcess
  const read = readKafkaSecurity(process.env)
  if ('problems' in read) throw new Error(read.problems.join('; '))
  ofProcess = read
  return read
}

function saslFrom(given: Given): SaslCredentials {
  const name = (given.text('KAFKA_SASL_MECHANISM') ?? '').toUpperCase()
  const mechanism = SASL_MECHANISMS.find((known) => known === name)
  if (mechanism === undefined) given.problems.push(`KAFKA_SASL_MECHANISM: one of ${SASL_MECHANISMS.join(', ')}`)
  if (mechanism === 'OAUTHBEARER') return { mechanism, token: given.needed('KAFKA_SASL_TOKEN') }
  const username = given.needed('KAFKA_SASL_USERNAME')()
  return { mechanism: mechanism ?? 'PLAIN', username, password: given.needed('KAFKA_SASL_PASSWORD') }
}

function tlsFrom(given: Given): () => ConnectionOptions {
  const of = {
    ca: given.secret('KAFKA_SSL_CA'),
    cert: given.secret('KAFKA_SSL_CERT'),
    key: given.secret('KAFKA_SSL_KEY'),
    passphrase: given.secret('KAFKA_SSL_KEY_PASSWORD'),
  }
  const options = () =>
    Object.fromEntries(Object.entries(of).flatMap(([name, value]) => (value === undefined ? [] : [[name, value()]])))
  try {
    createSecureContext(options())
  } catch (error) {
    given.problems.push(`KAFKA_SSL_…: ${(error as Error).message}`)
  }
  return options
}

/** What the environment has, by itself or in files. */
class Given {
  readonly problems: string[] = []

  constructor(private readonly env: Environment) {}

  text(name: string): string | undefined {
    return this.env[name]?.trim() || undefined
  }

  /** Undefined when nothing is said. The line break at the end of a file is not part of a secret. */
  secret(name: string): (() => string) | undefined {
    const value = this.env[name]
    const file = this.text(`${name}_FILE`)
    if (file === undefined) return value === undefined || value === '' ? undefined : () => value
    const read = () => readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    try {
      read()
    } catch (error) {
      this.problems.push(`${name}_FILE: ${(error as Error).message}`)
    }
    return read
  }

  needed(name: string): () => string {
    const secret = this.secret(name)
    if (secret === undefined) this.problems.push(`${name}: is needed, by itself or as ${name}_FILE`)
    return secret ?? (() => '')
  }
}
