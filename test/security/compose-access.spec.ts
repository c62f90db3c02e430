import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kafkaUsers } from '#libs/contracts'
import { readKafkaSecurity } from '../../libs/messaging/security/kafka-security.ts'
import { prepareCertificates } from '../../scripts/certificates/prepare.ts'
import { ROOT } from '../../scripts/root.ts'

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
}

let folder: string
let authority: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-compose-'))
  authority = join(folder, 'ca.pem')
  await prepareCertificates(authority, [{ name: 'broker', file: join(folder, 'broker.pem') }])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const composed = (file: string) =>
  parse(read(file), { merge: true }) as { services: Record<string, ComposeService>; volumes: object }
const { services, volumes } = composed('docker-compose.yml')
const logins = ({ volumes = [] }: ComposeService) => volumes.filter((volume) => volume.startsWith('login-'))

describe.each(kafkaUsers)('in compose %s', (user) => {
  const service = services[user]!

  test('comes to the broker as itself, with its password and no other', () => {
    expect(service.environment).toMatchObject({
      ...{
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
        KAFKA_SASL_USERNAME: user,
      },
      KAFKA_SASL_PASSWORD_FILE: `/keys/kafka/${user}/password`,
    })
    expect(logins(service)).toEqual([`login-${user}:/keys/kafka/${user}:ro`])
    const files = { KAFKA_SASL_PASSWORD_FILE: join(ROOT, 'package.json'), KAFKA_SSL_CA_FILE: authority }
    const read = readKafkaSecurity({ ...service.environment, ...files })
    expect(read).toMatchObject({ sasl: { username: user }, tls: expect.any(Function) })
  })

  test('is given its password, and has a folder for it in the image that a volume takes its owner from', () => {
    expect(Object.keys(volumes)).toContain(`login-${user}`)
    expect(logins(services['kafka-passwords']!)).toContain(`login-${user}:/keys/kafka/${user}`)
    expect(logins(services['kafka-access']!)).toContain(`login-${user}:/keys/kafka/${user}:ro`)
    expect(read('Dockerfile')).toMatch(new RegExp(`for user in [a-z ]*\\b${user}\\b`))
  })
})

test('nobody else has a password, but the broker that of the admin', () => {
  const others = Object.entries(services).filter(([name]) => !(kafkaUsers as string[]).includes(name))
  expect(
    Object.fromEntries(others.map(([name, service]) => [name, logins(service).length]).filter(([, n]) => n)),
  ).toEqual({ 'kafka-passwords': kafkaUsers.length + 2, 'kafka-access': kafkaUsers.length + 1, broker: 1 })
})

test('on Apache Kafka nobody comes in without proof, and the services are at its listener for users', () => {
  const kafka = composed('docker-compose.kafka.yml').services
  for (const node of ['kafka-1', 'kafka-2', 'kafka-3']) {
    const { environment } = kafka[node]!
    expect(environment!.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP).not.toMatch(/:PLAINTEXT/)
    expect(environment).toMatchObject({
      KAFKA_SUPER_USERS: 'User:admin',
      KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND: 'false',
    })
  }
  for (const user of kafkaUsers)
    expect(kafka[user]!.environment!.KAFKA_BROKERS).toBe('kafka-1:9092,kafka-2:9092,kafka-3:9092')
})
