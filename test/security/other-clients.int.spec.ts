import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Admin, type AdminOptions } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildGo, canBuildGo } from '../support/go.ts'
import { hasJavaClient, javaArguments } from '../support/java.ts'
import { type Login, RIGHT, SecureBroker, WRONG } from './secure-broker.ts'

/** librdkafka in kcat, the Java client in Kafka's tools, and franz-go: those that are installed here; @platformatic/kafka is. */
const hasKcat = spawnSync('kcat', ['-V']).status === 0
const goFolder = join(import.meta.dirname, 'franz-go')
const hasGo = canBuildGo(goFolder)
for (const [is, what] of [
  [hasKcat, 'kcat'],
  [hasGo, 'franz-go'],
] as const)
  if (!is) process.stderr.write(`skipped: ${what} is not installed here\n`)

let broker: SecureBroker
let program: string
beforeAll(async () => {
  broker = await SecureBroker.start()
  program = join(broker.folder, 'franz')
  if (hasGo) buildGo(goFolder, program)
}, 300_000)
afterAll(() => broker?.close())

interface Ending {
  readonly code: number | null
  /** Both, as they came. */
  readonly output: string
}

function run(command: string, args: readonly string[], input = ''): Promise<Ending> {
  return new Promise((done, reject) => {
    const child = spawn(command, args)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (code) => done({ code, output }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** One client: comes in as somebody, has a look, and ends. */
interface Client {
  readonly isThere: boolean
  login(listener: 'SASL_PLAINTEXT' | 'SASL_SSL', login: Login): Promise<Ending>
  bearer(token: string): Promise<Ending>
  certificate(key: string, cert: string, ca: string): Promise<Ending>
  /** To a listener with TLS. */
  plaintext(): Promise<Ending>
  readonly refused: RegExp
}

const kcat = (listener: Parameters<SecureBroker['at']>[0], settings: Readonly<Record<string, string>>) => {
  const set = Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])
  return run('kcat', ['-b', broker.at(listener), '-L', '-m', '4', '-X', 'security.protocol=PLAINTEXT', ...set])
}

const java = (listener: Parameters<SecureBroker['at']>[0], settings: Readonly<Record<string, string>>) => {
  const file = join(broker.folder, `client-${Math.random()}.properties`)
  const patience = { 'default.api.timeout.ms': '20000', 'request.timeout.ms': '10000' }
  const lines = Object.entries({ ...patience, ...settings }).map(([name, value]) => `${name}=${value}`)
  writeFileSync(file, lines.join('\n'))
  const args = ['--list', '--command-config', file, '--bootstrap-server', broker.at(listener)]
  // The client reads tokens only from where it is told that it may.
  const url = settings['sasl.oauthbearer.token.endpoint.url'] ?? ''
  const property = '-Dorg.apache.kafka.sasl.oauthbearer.allowed'
  const allowed = [`${property}.urls=${url}`, `${property}.files=${url.replace('file://', '')}`]
  return run('java', javaArguments('tools.TopicCommand', args, allowed))
}

/** In this process; what it says of an error is in those that this one holds. */
const platformatic = async (
  listener: Parameters<SecureBroker['at']>[0],
  how: Pick<AdminOptions, 'sasl' | 'tls'>,
): Promise<Ending> => {
  const patience = { connectTimeout: 10_000, requestTimeout: 10_000, retries: 0 }
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.at(listener)], ...patience, ...how })
  try {
    await admin.listTopics()
    return { code: 0, output: '' }
  } catch (error) {
    return { code: 1, output: inspect(error, { depth: 8 }) }
  } finally {
    await admin.close()
  }
}

const jaas = (mechanism: string, options: string) => {
  const modules = { PLAIN: 'plain.Plain', OAUTHBEARER: 'oauthbearer.OAuthBearer' } as Record<string, string>
  return `org.apache.kafka.common.security.${modules[mechanism] ?? 'scram.Scram'}LoginModule required ${options};`
}

const clients: Readonly<Record<string, Client>> = {
  kcat: {
    isThere: hasKcat,
    refused: /SASL authentication error|SSL handshake failed|Disconnected|Failed to acquire metadata/,
    login: (listener, [mechanism, name, password]) =>
      kcat(listener, {
        ...{ 'security.protocol': listener, 'ssl.ca.location': broker.authority.file },
        ...{ 'sasl.mechanism': mechanism, 'sasl.username': name, 'sasl.password': password },
      }),
    bearer: async () => ({ code: 1, output: 'SASL authentication error: kcat has no way to give a token' }),
    certificate: (key, cert, ca) =>
      kcat('SSL', {
        ...{ 'security.protocol': 'SSL', 'ssl.ca.location': ca },
        ...{ 'ssl.key.location': key, 'ssl.certificate.location': cert },
      }),
    plaintext: () => kcat('SASL_SSL', {}),
  },
  'the Java client': {
    isThere: hasJavaClient,
    refused: /SaslAuthenticationException|SslAuthenticationException|TimeoutException|terminated during authentication/,
    login: (listener, [mechanism, name, password]) =>
      java(listener, {
        ...{ 'security.protocol': listener, 'sasl.mechanism': mechanism },
        ...{ 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': broker.authority.file },
        'sasl.jaas.config': jaas(mechanism, `username="${name}" password="${password}"`),
      }),
    bearer: (token) => {
      const file = join(broker.folder, `token-${Math.random()}`)
      writeFileSync(file, token)
      return java('SASL_PLAINTEXT', {
        ...{ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'OAUTHBEARER' },
        'sasl.jaas.config': jaas('OAUTHBEARER', ''),
        'sasl.login.callback.handler.class':
          'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler',
        'sasl.oauthbearer.token.endpoint.url': `file://${file}`,
      })
    },
    certificate: (key, cert, ca) => {
      const keystore = `${cert}.keystore.pem`
      writeFileSync(keystore, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'))
      return java('SSL', {
        'security.protocol': 'SSL',
        ...{ 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': ca },
        ...{ 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': keystore },
      })
    },
    plaintext: () => java('SASL_SSL', {}),
  },
  'franz-go': {
    isThere: hasGo,
    refused: /SASL_AUTHENTICATION_FAILED|invalid_token|tls|EOF|closed|connection reset|unable to/i,
    login: (listener, [mechanism, name, password]) => {
      const tls = listener === 'SASL_SSL' ? [broker.authority.file] : []
      return run(program, [broker.at(listener), 'franz', mechanism, name, password, ...tls])
    },
    bearer: (token) => run(program, [broker.at('SASL_PLAINTEXT'), 'franz', 'OAUTHBEARER', '', token]),
    certificate: (key, cert, ca) => run(program, [broker.at('SSL'), 'franz', 'none', '', '', ca, cert, key]),
    plaintext: () => run(program, [broker.at('SASL_SSL'), 'franz', 'none', '', '']),
  },
  '@platformatic/kafka': {
    isThere: true,
    refused: /SASL_AUTHENTICATION_FAILED|AUTHENTICATION|certificate|ECONNRESET|closed|timeout/i,
    login: (listener, [mechanism, username, password]) =>
      platformatic(listener, {
        sasl: { mechanism, username, password },
        ...(listener === 'SASL_SSL' && { tls: { ca: broker.authority.pem } }),
      }),
    bearer: (token) => platformatic('SASL_PLAINTEXT', { sasl: { mechanism: 'OAUTHBEARER', token } }),
    certificate: (key, cert, ca) =>
      platformatic('SSL', {
        tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8'), ca: readFileSync(ca, 'utf8') },
      }),
    plaintext: () => platformatic('SASL_SSL', {}),
  },
}

describe.each(Object.entries(clients).filter(([, { isThere }]) => isThere))('%s', (name, client) => {
  const isRefused = ({ code, output }: Ending) => {
    expect(code).not.toBe(0)
    expect(output).toMatch(client.refused)
  }

  describe.each(['SASL_PLAINTEXT', 'SASL_SSL'] as const)('at %s', (listener) => {
    test.each(RIGHT)('%s of %s is let in', async (...login) => {
      expect(await client.login(listener, login)).toMatchObject({ code: 0 })
    })

    test.each(WRONG)('%s of %s with %s is told so', async (...login) => {
      isRefused(await client.login(listener, login))
    })
  })

  test.skipIf(name === 'kcat')('a token is believed while it is good', async () => {
    expect(await client.bearer(await broker.issuer.token('dave', { expiresInSeconds: 600 }))).toMatchObject({ code: 0 })

    isRefused(await client.bearer(await broker.issuer.token('dave', { expiresInSeconds: 600, forged: true })))
  })

  test('a certificate of ours is let in, and no other', async () => {
    const { key, cert } = broker.authority.issue('erin', '/O=Waybill/CN=Erin')
    expect(await client.certificate(key, cert, broker.authority.file)).toMatchObject({ code: 0 })
    const other = broker.authority.issue('mallory', '/O=Elsewhere/CN=Mallory')
    isRefused(await client.certificate(other.key, other.cert, broker.authority.file))
  })

  test('without TLS nobody gets further at a listener with it', async () => {
    isRefused(await client.plaintext())
  })
})
