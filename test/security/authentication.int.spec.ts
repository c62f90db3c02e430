import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alterUserScramCredentials, metadata, saslAuthenticate, saslHandshake } from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { BrokerConnection } from '../../libs/messaging/producer/broker-connection.ts'
import type { KafkaSecurity, SaslCredentials } from '../../libs/messaging/security/kafka-security.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { until } from '../support/until.ts'
import { TestAuthority } from './certificates.ts'
import { TestIssuer } from './issuer.ts'

const TIMING = { connectMs: 5_000, requestMs: 10_000, retriesMs: [], metadataMs: 1_000 }
let folder: string
let broker: BrokerProcess
let authority: TestAuthority
let foreign: TestAuthority
let issuer: TestIssuer
let server: { key: string; cert: string; both: string }
let ports: { plain: number; sasl: number; saslTls: number; tls: number; short: number }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-security-'))
  authority = new TestAuthority(folder, 'ours')
  foreign = new TestAuthority(folder, 'theirs')
  issuer = await TestIssuer.create(join(folder, 'jwks.json'))
  server = authority.issue('server')
  const [plain, sasl, saslTls, tls, short] = (await freePorts(5)) as [number, number, number, number, number]
  ports = { plain, sasl, saslTls, tls, short }
  const at = (name: string, port: number) => `${name}://127.0.0.1:${port}`
  const users =
    'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice secret" user_bob="b";'
  const bearer = {
    'sasl.oauthbearer.jwks.endpoint.url': `file://${join(folder, 'jwks.json')}`,
    'sasl.oauthbearer.expected.audience': 'kafka',
    'sasl.oauthbearer.expected.issuer': 'https://issuer.test',
  }
  broker = await startBroker({
    settings: {
      listeners: [
        at('PLAINTEXT', plain),
        at('SASL_PLAINTEXT', sasl),
        at('SASL_SSL', saslTls),
        at('SSL', tls),
        at('SHORT', short),
      ].join(),
      'listener.security.protocol.map': `SHORT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL`,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'ssl.keystore.location': server.both,
      'ssl.truststore.location': authority.file,
      'listener.name.ssl.ssl.client.auth': 'required',
      'listener.name.ssl.ssl.principal.mapping.rules': 'RULE:^CN=(.*?),O=Waybill$/$1/L',
      'listener.name.short.connections.max.reauth.ms': 2000,
      ...Object.fromEntries(
        ['sasl_plaintext', 'sasl_ssl', 'short'].map((l) => [`listener.name.${l}.plain.sasl.jaas.config`, users]),
      ),
      ...bearer,
    },
  })
  await scramUser('SCRAM-SHA-256', 'carol', 'carol secret')
  await scramUser('SCRAM-SHA-512', 'carol', 'carol secret')
})
afterAll(async () => {
  await broker?.close()
  await rm(folder, { recursive: true, force: true })
})

const SCRAM = { 'SCRAM-SHA-256': [1, 'sha256', 32], 'SCRAM-SHA-512': [2, 'sha512', 64] } as const

/** Gives somebody a password, as kafka-configs does. */
async function scramUser(mechanism: keyof typeof SCRAM, name: string, password: string): Promise<void> {
  const [id, hash, bytes] = SCRAM[mechanism]
  const salt = randomBytes(16)
  const saltedPassword = pbkdf2Sync(password, salt, 4096, bytes, hash)
  const client = await ProtocolClient.connect(`127.0.0.1:${ports.plain}`)
  const upsertion = { name, mechanism: id, iterations: 4096, salt, saltedPassword }
  const answer = await client.send(alterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] })
  expect(answer.results).toMatchObject([{ user: name, errorCode: 0 }])
  client.close()
}

type Login = readonly [mechanism: Exclude<SaslCredentials['mechanism'], 'OAUTHBEARER'>, name: string, password: string]
const RIGHT: readonly Login[] = [
  ['PLAIN', 'alice', 'alice secret'],
  ['SCRAM-SHA-256', 'carol', 'carol secret'],
  ['SCRAM-SHA-512', 'carol', 'carol secret'],
]
const WRONG: readonly Login[] = [
  ['PLAIN', 'alice', 'wrong'],
  ['PLAIN', 'nobody', 'alice secret'],
  ['SCRAM-SHA-256', 'carol', 'wrong'],
  ['SCRAM-SHA-512', 'nobody', 'carol secret'],
]

/** What an admin sees of the cluster: a whole request after the way in. */
async function askWithKafkajs(port: number, config: Partial<KafkaConfig>): Promise<string> {
  const brokers = [`127.0.0.1:${port}`]
  const retry = { retries: 0 }
  const admin: Admin = new Kafka({
    brokers,
    retry,
    logLevel: logLevel.NOTHING,
    requestTimeout: 10_000,
    ...config,
  }).admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).clusterId
  } finally {
    await admin.disconnect()
  }
}

async function askWithOurs(port: number, security: KafkaSecurity): Promise<string> {
  const connection = await BrokerConnection.open({ host: '127.0.0.1', port }, 'test', TIMING, security)
  try {
    return (await connection.request(metadata, 8, { topics: [] })).clusterId!
  } finally {
    connection.close()
  }
}

const ours = ([mechanism, username, password]: Login): KafkaSecurity => ({
  sasl: { mechanism, username, password: () => password },
})
const kafkajs = ([mechanism, username, password]: Login) =>
  ({ sasl: { mechanism: mechanism.toLowerCase(), username, password } }) as Partial<KafkaConfig>

describe.each(['without TLS', 'with TLS'] as const)('SASL %s', (kind) => {
  const isTls = kind === 'with TLS'
  const port = () => (isTls ? ports.saslTls : ports.sasl)
  const tls = () => (isTls ? { tls: () => ({ ca: authority.pem }) } : {})
  const ssl = () => (isTls ? { ssl: { ca: authority.pem } } : {})

  test.each(RIGHT)('%s of %s is let in', async (...login) => {
    expect(await askWithOurs(port(), { ...ours(login), ...tls() })).toMatch(/^.{22}$/)
    expect(await askWithKafkajs(port(), { ...kafkajs(login), ...ssl() })).toMatch(/^.{22}$/)
  })

  test.each(WRONG)('%s of %s with %s is told so', async (...login) => {
    const [mechanism] = login
    const message = mechanism === 'PLAIN' ? /Invalid username or password/ : /invalid credentials/
    await expect(askWithOurs(port(), { ...ours(login), ...tls() })).rejects.toThrow(message)
    await expect(askWithOurs(port(), { ...ours(login), ...tls() })).rejects.toThrow(/SASL_AUTHENTICATION_FAILED/)
    await expect(askWithKafkajs(port(), { ...kafkajs(login), ...ssl() })).rejects.toThrow(message)
  })

  test('a token is believed while it is good, and by whom it was issued for whom', async () => {
    const bearer = async (token: Promise<string>) => {
      const value = await token
      const security: KafkaSecurity = { sasl: { mechanism: 'OAUTHBEARER', token: () => value }, ...tls() }
      return askWithOurs(port(), security)
    }
    expect(await bearer(issuer.token('dave'))).toMatch(/^.{22}$/)
    const value = await issuer.token('dave')
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) } as const
    expect(await askWithKafkajs(port(), { sasl, ...ssl() })).toMatch(/^.{22}$/)
    for (const bad of [
      issuer.token('dave', { expiresInSeconds: -3600 }),
      issuer.token('dave', { audience: 'others' }),
      issuer.token('dave', { issuer: 'https://somebody.test' }),
      issuer.token('dave', { forged: true }),
      issuer.token(''),
    ]) {
      await expect(bearer(bad)).rejects.toThrow('SASL_AUTHENTICATION_FAILED ({"status":"invalid_token"})')
    }
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    const body = (await issuer.token('dave')).split('.')[1]
    await expect(bearer(Promise.resolve(`${none}.${body}.x`))).rejects.toThrow('invalid_token')
  })
})

test('whoever says nothing of who they are is closed, and the broker goes on', async () => {
  const client = await ProtocolClient.connect(`127.0.0.1:${ports.sasl}`)
  await expect(client.send(metadata, 8, { topics: [] })).rejects.toThrow('closed')
  await expect(askWithKafkajs(ports.sasl, {})).rejects.toThrow()
  expect(await askWithOurs(ports.sasl, ours(RIGHT[0]!))).toMatch(/^.{22}$/)
})

test('a client without TLS at a listener with it, and the other way round, gets no further', async () => {
  await expect(askWithOurs(ports.saslTls, ours(RIGHT[0]!))).rejects.toThrow()
  await expect(askWithOurs(ports.sasl, { ...ours(RIGHT[0]!), tls: () => ({ ca: authority.pem }) })).rejects.toThrow()
  await expect(askWithOurs(ports.saslTls, { ...ours(RIGHT[0]!), tls: () => ({ ca: foreign.pem }) })).rejects.toThrow(
    /certificate/,
  )
  expect(await askWithOurs(ports.plain, {})).toMatch(/^.{22}$/)
})

test('what a client may send before it has proven who it is has a limit', async () => {
  const client = await ProtocolClient.connect(`127.0.0.1:${ports.sasl}`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(600_000)
  client.write(length)
  await client.closed
  const patient = await ProtocolClient.connect(`127.0.0.1:${ports.plain}`)
  patient.write(length)
  expect(await Promise.race([patient.closed.then(() => 'closed'), pause(300, 'open')])).toBe('open')
  patient.close()
})

describe('certificates of clients', () => {
  const shown = (of: TestAuthority, name: string, subject?: string): KafkaSecurity => {
    const { key, cert } = of.issue(name, subject)
    return { tls: () => ({ ca: authority.pem, key: readFileSync(key), cert: readFileSync(cert) }) }
  }

  test('one of ours that a rule has a name for is let in', async () => {
    expect(await askWithOurs(ports.tls, shown(authority, 'erin', '/O=Waybill/CN=Erin'))).toMatch(/^.{22}$/)
  })

  test.each([
    ['none', () => ({ tls: () => ({ ca: authority.pem }) })],
    ["another authority's", () => shown(foreign, 'erin', '/O=Waybill/CN=Erin')],
    ['one that no rule has a name for', () => shown(authority, 'mallory', '/O=Elsewhere/CN=Mallory')],
  ])('%s is not', async (_which, security) => {
    await expect(askWithOurs(ports.tls, security())).rejects.toThrow()
    expect(await askWithOurs(ports.plain, {})).toMatch(/^.{22}$/)
  })
})

test('sessions of limited length are prolonged by whoever proves again who they are, and ended otherwise', async () => {
  const connection = await BrokerConnection.open(
    { host: '127.0.0.1', port: ports.short },
    'test',
    TIMING,
    ours(RIGHT[1]!),
  )
  const began = performance.now()
  while (performance.now() - began < 5000) {
    expect((await connection.request(metadata, 8, { topics: [] })).brokers).toHaveLength(1)
    await pause(200)
  }
  connection.close()
  const client = await ProtocolClient.connect(`127.0.0.1:${ports.short}`)
  await client.send(saslHandshake, 1, { mechanism: 'PLAIN' })
  const answer = await client.send(saslAuthenticate, 1, { authBytes: Buffer.from('\0alice\0alice secret') })
  expect(Number(answer.sessionLifetimeMs)).toBe(2000)
  const other = await client.send(metadata, 8, { topics: [] })
  expect(other.brokers).toHaveLength(1)
  await until(
    'the end of the session',
    async () =>
      await client.send(metadata, 8, { topics: [] }).then(
        () => undefined,
        () => true,
      ),
  )
})

test('neither metrics nor files have a password in them', async () => {
  const page = await (await fetch(`http://127.0.0.1:${broker.httpPort}/metrics`)).text()
  expect(page).toMatch(/broker_authentications_total\{listener="SASL_SSL",mechanism="PLAIN",result="failed"\} \d/)
  expect(page).toMatch(/waybill_certificate_expiry_timestamp_seconds\{certificate="SASL_SSL",service="broker"\} \d/)
  const journal = readdirSync(broker.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = journal.map((file) => readFileSync(file, 'latin1'))
  expect(texts.some((text) => text.includes('carol'))).toBe(true)
  expect(texts.some((text) => /carol secret|alice secret/.test(text))).toBe(false)
  expect(journal.map((file) => statSync(file).mode & 0o077)).toEqual(journal.map(() => 0))
})

test('users survive a crash, and a certificate is replaced while the broker runs', async () => {
  await broker.kill9()
  await broker.restart()
  for (const login of RIGHT.slice(1)) expect(await askWithOurs(ports.sasl, ours(login))).toMatch(/^.{22}$/)
  const serial = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: ports.saslTls, ca: authority.pem }, () => {
        resolve(socket.getPeerCertificate().serialNumber)
        socket.destroy()
      })
      socket.on('error', reject)
    })
  const before = await serial()
  writeFileSync(server.both, 'half of a certif')
  await pause(100)
  writeFileSync(server.both, readFileSync(authority.issue('successor').both))
  await until('the new certificate', async () => ((await serial()) === before ? undefined : true))
})

test('a user is bound to no longer than until the password changes', async () => {
  await scramUser('SCRAM-SHA-256', 'frank', 'first')
  const login: Login = ['SCRAM-SHA-256', 'frank', 'first']
  expect(await askWithOurs(ports.sasl, ours(login))).toMatch(/^.{22}$/)
  await scramUser('SCRAM-SHA-256', 'frank', 'second')
  await expect(askWithOurs(ports.sasl, ours(login))).rejects.toThrow('invalid credentials')
  expect(await askWithOurs(ports.sasl, ours(['SCRAM-SHA-256', 'frank', 'second']))).toMatch(/^.{22}$/)
})
