import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { metadata, saslAuthenticate, saslHandshake } from '#libs/kafka-protocol'
import { BrokerConnection } from '../../libs/messaging/producer/broker-connection.ts'
import type { KafkaSecurity } from '../../libs/messaging/security/kafka-security.ts'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { until } from '../support/until.ts'
import { TestAuthority } from './certificates.ts'
import { type Login, RIGHT, SecureBroker, WRONG } from './secure-broker.ts'

const TIMING = { connectMs: 5_000, requestMs: 10_000, retriesMs: [], metadataMs: 1_000 }
let broker: SecureBroker
let foreign: TestAuthority

beforeAll(async () => {
  broker = await SecureBroker.start()
  foreign = new TestAuthority(broker.folder, 'theirs')
})
afterAll(async () => broker?.close())

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
  const port = () => (isTls ? broker.port('SASL_SSL') : broker.port('SASL_PLAINTEXT'))
  const tls = () => (isTls ? { tls: () => ({ ca: broker.authority.pem }) } : {})
  const ssl = () => (isTls ? { ssl: { ca: broker.authority.pem } } : {})

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
    expect(await bearer(broker.issuer.token('dave'))).toMatch(/^.{22}$/)
    const value = await broker.issuer.token('dave')
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) } as const
    expect(await askWithKafkajs(port(), { sasl, ...ssl() })).toMatch(/^.{22}$/)
    for (const bad of [
      broker.issuer.token('dave', { expiresInSeconds: -3600 }),
      broker.issuer.token('dave', { audience: 'others' }),
      broker.issuer.token('dave', { issuer: 'https://somebody.test' }),
      broker.issuer.token('dave', { forged: true }),
      broker.issuer.token(''),
    ]) {
      await expect(bearer(bad)).rejects.toThrow('SASL_AUTHENTICATION_FAILED ({"status":"invalid_token"})')
    }
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    const body = (await broker.issuer.token('dave')).split('.')[1]
    await expect(bearer(Promise.resolve(`${none}.${body}.x`))).rejects.toThrow('invalid_token')
  })
})

test('whoever says nothing of who they are is closed, and the broker goes on', async () => {
  const client = await ProtocolClient.connect(`127.0.0.1:${broker.port('SASL_PLAINTEXT')}`)
  await expect(client.send(metadata, 8, { topics: [] })).rejects.toThrow('closed')
  await expect(askWithKafkajs(broker.port('SASL_PLAINTEXT'), {})).rejects.toThrow()
  expect(await askWithOurs(broker.port('SASL_PLAINTEXT'), ours(RIGHT[0]!))).toMatch(/^.{22}$/)
})

test('a client without TLS at a listener with it, and the other way round, gets no further', async () => {
  await expect(askWithOurs(broker.port('SASL_SSL'), ours(RIGHT[0]!))).rejects.toThrow()
  await expect(
    askWithOurs(broker.port('SASL_PLAINTEXT'), { ...ours(RIGHT[0]!), tls: () => ({ ca: broker.authority.pem }) }),
  ).rejects.toThrow()
  await expect(
    askWithOurs(broker.port('SASL_SSL'), { ...ours(RIGHT[0]!), tls: () => ({ ca: foreign.pem }) }),
  ).rejects.toThrow(/certificate/)
  expect(await askWithOurs(broker.port('PLAINTEXT'), {})).toMatch(/^.{22}$/)
})

test('what a client may send before it has proven who it is has a limit', async () => {
  const client = await ProtocolClient.connect(`127.0.0.1:${broker.port('SASL_PLAINTEXT')}`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(600_000)
  client.write(length)
  await client.closed
  const patient = await ProtocolClient.connect(`127.0.0.1:${broker.port('PLAINTEXT')}`)
  patient.write(length)
  expect(await Promise.race([patient.closed.then(() => 'closed'), pause(300, 'open')])).toBe('open')
  patient.close()
})

describe('certificates of clients', () => {
  const shown = (of: TestAuthority, name: string, subject?: string): KafkaSecurity => {
    const { key, cert } = of.issue(name, subject)
    return { tls: () => ({ ca: broker.authority.pem, key: readFileSync(key), cert: readFileSync(cert) }) }
  }

  test('one of ours that a rule has a name for is let in', async () => {
    const erin = shown(broker.authority, 'erin', '/O=Waybill/CN=Erin')
    expect(await askWithOurs(broker.port('SSL'), erin)).toMatch(/^.{22}$/)
    expect(await askWithKafkajs(broker.port('SSL'), { ssl: erin.tls!() })).toMatch(/^.{22}$/)
  })

  test.each([
    ['none', () => ({ tls: () => ({ ca: broker.authority.pem }) })],
    ["another authority's", () => shown(foreign, 'erin', '/O=Waybill/CN=Erin')],
    [
      'one that is revoked',
      () => {
        const { key, cert } = broker.revoked
        return { tls: () => ({ ca: broker.authority.pem, key: readFileSync(key), cert: readFileSync(cert) }) }
      },
    ],
    ['one that no rule has a name for', () => shown(broker.authority, 'mallory', '/O=Elsewhere/CN=Mallory')],
  ])('%s is not', async (_which, security) => {
    await expect(askWithOurs(broker.port('SSL'), security())).rejects.toThrow()
    await expect(askWithKafkajs(broker.port('SSL'), { ssl: security().tls!() })).rejects.toThrow()
    expect(await askWithOurs(broker.port('PLAINTEXT'), {})).toMatch(/^.{22}$/)
  })
})

test('sessions of limited length are prolonged by whoever proves again who they are, and ended otherwise', async () => {
  const connection = await BrokerConnection.open(
    { host: '127.0.0.1', port: broker.port('SHORT') },
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
  const client = await ProtocolClient.connect(`127.0.0.1:${broker.port('SHORT')}`)
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
  const page = await (await fetch(`http://127.0.0.1:${broker.process.httpPort}/metrics`)).text()
  expect(page).toMatch(/broker_authentications_total\{listener="SASL_SSL",mechanism="PLAIN",result="failed"\} \d/)
  expect(page).toMatch(/waybill_certificate_expiry_timestamp_seconds\{certificate="SASL_SSL",service="broker"\} \d/)
  const journal = readdirSync(broker.process.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = journal.map((file) => readFileSync(file, 'latin1'))
  expect(texts.some((text) => text.includes('carol'))).toBe(true)
  expect(texts.some((text) => /carol secret|alice secret/.test(text))).toBe(false)
  expect(journal.map((file) => statSync(file).mode & 0o077)).toEqual(journal.map(() => 0))
})

test('users survive a crash, and a certificate is replaced while the broker runs', async () => {
  await broker.process.kill9()
  await broker.process.restart()
  for (const login of RIGHT.slice(1))
    expect(await askWithOurs(broker.port('SASL_PLAINTEXT'), ours(login))).toMatch(/^.{22}$/)
  const serial = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: broker.port('SASL_SSL'), ca: broker.authority.pem }, () => {
        resolve(socket.getPeerCertificate().serialNumber)
        socket.destroy()
      })
      socket.on('error', reject)
    })
  const before = await serial()
  writeFileSync(broker.certificate, 'half of a certif')
  await pause(100)
  writeFileSync(broker.certificate, readFileSync(broker.authority.issue('successor').both))
  await until('the new certificate', async () => ((await serial()) === before ? undefined : true))
})

test('a user is bound to no longer than until the password changes', async () => {
  await broker.addUser('SCRAM-SHA-256', 'frank', 'first')
  const login: Login = ['SCRAM-SHA-256', 'frank', 'first']
  expect(await askWithOurs(broker.port('SASL_PLAINTEXT'), ours(login))).toMatch(/^.{22}$/)
  await broker.addUser('SCRAM-SHA-256', 'frank', 'second')
  await expect(askWithOurs(broker.port('SASL_PLAINTEXT'), ours(login))).rejects.toThrow('invalid credentials')
  expect(await askWithOurs(broker.port('SASL_PLAINTEXT'), ours(['SCRAM-SHA-256', 'frank', 'second']))).toMatch(
    /^.{22}$/,
  )
})
