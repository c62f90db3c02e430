import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alterUserScramCredentials } from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { TestAuthority } from './certificates.ts'
import { TestIssuer } from './issuer.ts'

/** Mechanism, name and password. */
export type Login = readonly ['PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', string, string]

/** Who may come in. */
export const RIGHT: readonly Login[] = [
  ['PLAIN', 'alice', 'alice secret'],
  ['SCRAM-SHA-256', 'carol', 'carol secret'],
  ['SCRAM-SHA-512', 'carol', 'carol secret'],
]
export const WRONG: readonly Login[] = [
  ['PLAIN', 'alice', 'wrong'],
  ['PLAIN', 'nobody', 'alice secret'],
  ['SCRAM-SHA-256', 'carol', 'wrong'],
  ['SCRAM-SHA-512', 'nobody', 'carol secret'],
]

const SCRAM = { 'SCRAM-SHA-256': [1, 'sha256', 32], 'SCRAM-SHA-512': [2, 'sha512', 64] } as const
const LISTENERS = ['PLAINTEXT', 'SASL_PLAINTEXT', 'SASL_SSL', 'SSL', 'SHORT'] as const
type ListenerName = (typeof LISTENERS)[number]
const USERS = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice secret" user_bob="b";'

/**
 * A broker with a listener for each protocol. SSL asks clients for a certificate of O=Waybill; sessions of SHORT, which is
 * without encryption, last two seconds.
 */
export class SecureBroker {
  private constructor(
    readonly folder: string,
    readonly process: BrokerProcess,
    /** Of the server, and of clients that it lets in. */
    readonly authority: TestAuthority,
    /** The key and certificate that it shows, in one file. */
    readonly certificate: string,
    /** Of a client that it let in once. */
    readonly revoked: { readonly key: string; readonly cert: string },
    readonly issuer: TestIssuer,
    private readonly ports: Readonly<Record<ListenerName, number>>,
  ) {}

  static async start(): Promise<SecureBroker> {
    const folder = await mkdtemp(join(tmpdir(), 'waybill-security-'))
    const authority = new TestAuthority(folder, 'ours')
    const keys = join(folder, 'jwks.json')
    const issuer = await TestIssuer.create(keys)
    const certificate = authority.issue('server').both
    const revoked = authority.issue('revoked', '/O=Waybill/CN=Revoked')
    const revocations = authority.revoke(revoked.cert)
    const free = await freePorts(LISTENERS.length)
    const ports = Object.fromEntries(LISTENERS.map((name, i) => [name, free[i]!])) as Record<ListenerName, number>
    const ofUsers = LISTENERS.filter((name) => name.startsWith('S') && name !== 'SSL').map((name) => {
      return [`listener.name.${name.toLowerCase()}.plain.sasl.jaas.config`, USERS]
    })
    const process = await startBroker({
      settings: {
        listeners: LISTENERS.map((name) => `${name}://127.0.0.1:${ports[name]}`).join(),
        'listener.security.protocol.map': 'SHORT:SASL_PLAINTEXT',
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
        'sasl.oauthbearer.jwks.endpoint.url': `file://${keys}`,
        'sasl.oauthbearer.expected.audience': 'kafka',
        'sasl.oauthbearer.expected.issuer': 'https://issuer.test',
        'ssl.keystore.location': certificate,
        'ssl.truststore.location': authority.file,
        'listener.name.ssl.ssl.client.auth': 'required',
        'listener.name.ssl.ssl.crl.location': revocations,
        'listener.name.ssl.ssl.principal.mapping.rules': 'RULE:^CN=(.*?),O=Waybill$/$1/L',
        'listener.name.short.connections.max.reauth.ms': 2000,
        ...Object.fromEntries(ofUsers),
      },
    })
    const broker = new SecureBroker(folder, process, authority, certificate, revoked, issuer, ports)
    for (const [mechanism, name, password] of RIGHT)
      if (mechanism !== 'PLAIN') await broker.addUser(mechanism, name, password)
    return broker
  }

  port(listener: ListenerName): number {
    return this.ports[listener]
  }

  /** `host:port`, by the name that is in the certificate. */
  at(listener: ListenerName): string {
    return `127.0.0.1:${this.ports[listener]}`
  }

  /** Gives somebody a password, or another one, as kafka-configs does. */
  async addUser(mechanism: keyof typeof SCRAM, name: string, password: string): Promise<void> {
    const [id, hash, bytes] = SCRAM[mechanism]
    const salt = randomBytes(16)
    const saltedPassword = pbkdf2Sync(password, salt, 4096, bytes, hash)
    const client = await ProtocolClient.connect(this.at('PLAINTEXT'))
    const upsertion = { name, mechanism: id, iterations: 4096, salt, saltedPassword }
    const { results } = await client.send(alterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] })
    client.close()
    if (results[0]!.errorCode !== 0) throw new Error(`${name}: ${results[0]!.errorMessage}`)
  }

  async close(): Promise<void> {
    await this.process.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}
