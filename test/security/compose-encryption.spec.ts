import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../scripts/root.ts'

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly command?: readonly string[]
  readonly depends_on?: Readonly<Record<string, unknown>>
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, ComposeService>
}
const { certificates, broker, postgres } = services as Record<'certificates' | 'broker' | 'postgres', ComposeService>
const PASSWORD = /\$\{POSTGRES_PASSWORD[^}]*\}/
const AUTHORITY = '/keys/ca/ca.pem'

const clients = Object.entries(services).flatMap(([name, { environment = {}, volumes = [] }]) =>
  environment.KAFKA_BROKERS || environment.DATABASE_URL ? [{ name, environment, volumes }] : [],
)

describe.each(clients)('in compose $name', ({ environment, volumes }) => {
  test('speaks to nobody without encryption, and knows by whom servers are believed', () => {
    expect(volumes).toContain('ca:/keys/ca:ro')
    if (environment.KAFKA_BROKERS)
      expect(environment).toMatchObject({ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SSL_CA_FILE: AUTHORITY })
    for (const url of [environment.DATABASE_URL, environment.VAULT_URL].filter((given) => given !== undefined)) {
      const { hostname, searchParams } = new URL(url.replace(PASSWORD, 'secret'))
      expect(hostname).toBe('postgres')
      expect(Object.fromEntries(searchParams)).toEqual({ sslmode: 'verify-full', sslrootcert: AUTHORITY })
    }
  })
})

test('broker and PostgreSQL have what they prove by who they are, under the names that they are called by', () => {
  expect(certificates.command!.slice(2)).toEqual([
    AUTHORITY,
    'broker=/keys/tls/broker/server.pem',
    'postgres=/keys/tls/postgres/server.pem',
  ])
  for (const [name, server] of Object.entries({ broker, postgres })) {
    expect(certificates.volumes).toContain(`tls-${name}:/keys/tls/${name}`)
    expect(server.volumes).toContain(`tls-${name}:/keys/tls:ro`)
    expect(server.depends_on).toHaveProperty('certificates')
    expect(read('Dockerfile')).toContain(` tls/${name}`)
  }
  expect(read('Dockerfile')).toMatch(/for keys in [a-z /]*\bca\b/)
})

describe('on Apache Kafka', () => {
  const overlay = parse(read('docker-compose.kafka.yml'), { merge: true }) as {
    services: Record<string, ComposeService>
  }
  const nodes = Object.entries(overlay.services).filter(
    ([name]) => name.startsWith('kafka-') && name !== 'kafka-access',
  )

  test('each node has what it proves by who it is, and is called by that name', () => {
    const made = overlay.services.certificates!
    expect(made.command!.slice(2)).toEqual([
      AUTHORITY,
      ...nodes.map(([name]) => `${name}=/keys/tls/${name}/server.pem`),
      'postgres=/keys/tls/postgres/server.pem',
    ])
    for (const [name, { volumes, environment, depends_on }] of nodes) {
      expect(made.volumes).toContain(`tls-${name}:/keys/tls/${name}`)
      expect(volumes).toEqual(expect.arrayContaining([`tls-${name}:/keys/tls:ro`, 'ca:/keys/ca:ro']))
      expect(depends_on).toHaveProperty('certificates')
      expect(read('Dockerfile')).toContain(` tls/${name}`)
      expect(environment!.KAFKA_ADVERTISED_LISTENERS).toBe(`CLIENTS://${name}:9092,INTERNAL://${name}:9094`)
      expect(environment!.KAFKA_CONTROLLER_QUORUM_VOTERS).toContain(`@${name}:9093`)
    }
  })

  test('nodes speak to each other and to clients with encryption only', () => {
    for (const [, { environment }] of nodes) {
      const protocols = environment!
        .KAFKA_LISTENER_SECURITY_PROTOCOL_MAP!.split(',')
        .map((entry) => entry.split(':')[1])
      expect(protocols).toEqual(['SASL_SSL', 'SASL_SSL', 'SASL_SSL'])
      expect(environment).toMatchObject({
        ...{ KAFKA_SSL_KEYSTORE_TYPE: 'PEM', KAFKA_SSL_KEYSTORE_LOCATION: '/keys/tls/server.pem' },
        ...{ KAFKA_SSL_TRUSTSTORE_TYPE: 'PEM', KAFKA_SSL_TRUSTSTORE_LOCATION: AUTHORITY },
      })
    }
    for (const { environment } of Object.values(overlay.services))
      expect(environment?.KAFKA_SECURITY_PROTOCOL).toBeUndefined()
  })
})

test('the broker listens with encryption only, and PostgreSQL offers it', () => {
  const listeners = broker.command!.filter((argument) => /listeners=/.test(argument))
  expect(listeners).toHaveLength(2)
  for (const listener of listeners) expect(listener).toMatch(/listeners=SASL_SSL:\/\/[^,]+$/)
  expect(broker.command).toContain('--set=ssl.keystore.location=/keys/tls/server.pem')
  expect(postgres.command).toEqual(expect.arrayContaining(['ssl=on', 'ssl_cert_file=/dev/shm/server.pem']))
})
