import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessOf, type KafkaUser, kafkaUsers, SUBSCRIBER_QUEUES, streamTopics, topicNames } from '#libs/contracts'
import { createTopics, describeAcls } from '#libs/kafka-protocol'
import { type AccessRule, grantAccess, kafkaSecurity, type Operation, type Resource, rulesFor } from '#libs/messaging'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { BrokerConnection } from '../../libs/messaging/producer/broker-connection.ts'
import type { KafkaSecurity } from '../../libs/messaging/security/kafka-security.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { kinds, probes, refusalOf } from './access-probes.ts'

/**
 * What each service may do on the broker, and what not: of every topic, group and transactional id that any of them uses,
 * and of one that nobody does, and of the cluster, every operation. Apache Kafka is walked in the same way where
 * `SASL_KAFKA` names its listener for SCRAM-SHA-512, and `ADMIN_KAFKA` that at which, by `KAFKA_SASL_…`, a super user comes in.
 */
const given = process.env.SASL_KAFKA && { sasl: process.env.SASL_KAFKA, admin: process.env.ADMIN_KAFKA! }
const TIMING = { connectMs: 10_000, requestMs: 30_000, retriesMs: [], metadataMs: 1_000 }

let broker: BrokerProcess | undefined
let at: { readonly sasl: string; readonly admin: string }
let admin: BrokerConnection
const passwordOf = (user: string): string => `the secret of ${user}`
const usersWith = (more: Readonly<Partial<Record<KafkaUser, readonly AccessRule[]>>> = {}) =>
  kafkaUsers.map((name) => ({ name, password: passwordOf(name), rules: [...rulesFor(name), ...(more[name] ?? [])] }))
const grant = (more?: Parameters<typeof usersWith>[0]) => grantAccess(asAdmin(), usersWith(more))
const asAdmin = () => ({ brokers: [at.admin], clientId: 'test', security: kafkaSecurity() })

const open = (address: string, security: KafkaSecurity): Promise<BrokerConnection> => {
  const [host, port] = address.split(':')
  return BrokerConnection.open({ host: host!, port: Number(port) }, 'test', TIMING, security)
}
const connectionOf = (username: string): Promise<BrokerConnection> =>
  open(at.sasl, { sasl: { mechanism: 'SCRAM-SHA-512', username, password: () => passwordOf(username) } })

const FOREIGN = 'somebody-elses'
const groupsOf = (user: KafkaUser): string[] => {
  const { groups = {}, queues = [] } = accessOf(user)
  return [...Object.keys(groups), ...queues.map((queue) => `${user}.${queue}`)]
}
const names: Readonly<Record<Resource, readonly string[]>> = {
  topic: [...topicNames, ...Object.keys(streamTopics), `${SUBSCRIBER_QUEUES}partner`, FOREIGN],
  group: [...kafkaUsers.flatMap(groupsOf), FOREIGN],
  transactionalId: ['analytics-stream-1', FOREIGN],
  cluster: ['kafka-cluster'],
}

beforeAll(async () => {
  if (given) at = given
  else {
    const [port, open] = (await freePorts(2)) as [number, number]
    at = { sasl: `127.0.0.1:${port}`, admin: `127.0.0.1:${open}` }
    broker = await startBroker({
      settings: {
        listeners: `SASL_PLAINTEXT://${at.sasl},PLAINTEXT://${at.admin}`,
        'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'auto.create.topics.enable': false,
      },
    })
  }
  admin = await open(at.admin, kafkaSecurity())
  await grant()
  const topics = names.topic.map((name) => ({
    ...{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  }))
  await admin.request(createTopics, 5, { topics, timeoutMs: 30_000 })
})
afterAll(async () => {
  admin?.close()
  await broker?.close()
})

const IMPLIES_DESCRIBE: readonly Operation[] = ['read', 'write', 'delete', 'alter']

/** What the rules mean, said once more. */
const isAllowed = (rules: readonly AccessRule[], resource: Resource, name: string, operation: Operation): boolean =>
  rules.some((rule) => {
    const isNamed = rule.pattern === 'prefixed' ? name.startsWith(rule.name) : ['*', name].includes(rule.name)
    if (rule.resource !== resource || !isNamed) return false
    if (operation === 'describe' && IMPLIES_DESCRIBE.includes(rule.operation)) return true
    return rule.operation === operation || (operation === 'describeConfigs' && rule.operation === 'alterConfigs')
  })

/** Everything that there is to be tried, each with whether it was refused. */
const walk = async (user: KafkaUser): Promise<{ readonly wrong: string[]; readonly allowed: number }> => {
  const connection = await connectionOf(user)
  const rules = rulesFor(user)
  const wrong: string[] = []
  let allowed = 0
  for (const resource of kinds)
    for (const [operation, probe] of Object.entries(probes[resource]))
      for (const name of names[resource]) {
        const code = await probe(connection, name)
        const may = isAllowed(rules, resource, name, operation as Operation)
        if (may) allowed++
        const isRight = may ? !Object.values(refusalOf).includes(code) : code === refusalOf[resource]
        if (!isRight) wrong.push(`${operation} ${resource} ${name}: ${code}, and ${may ? 'may' : 'may not'}`)
      }
  connection.close()
  return { wrong, allowed }
}

describe.each(kafkaUsers)('%s', (user) => {
  test('may do what it must, and is refused everything else with the error for it', async () => {
    const { wrong, allowed } = await walk(user)
    expect(wrong).toEqual([])
    expect(allowed).toBeGreaterThan(0)
  })
})

test('a user without any rule is refused everything', async () => {
  await grantAccess(asAdmin(), [{ name: 'stranger', password: passwordOf('stranger'), rules: [] }])
  const connection = await connectionOf('stranger')
  for (const resource of kinds)
    for (const [operation, probe] of Object.entries(probes[resource]))
      expect(await probe(connection, names[resource][0]!), `${operation} ${resource}`).toBe(refusalOf[resource])
  connection.close()
})

describe('what is granted', () => {
  const told = async () => {
    const any = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, hostFilter: null }
    const filter = { ...any, principalFilter: 'User:payment', operation: 1, permissionType: 1 }
    const { resources } = await admin.request(describeAcls, 2, filter)
    return resources.flatMap(({ acls }) => acls).length
  }

  test('is these rules and no other: what was allowed before is taken away', async () => {
    const before = await told()
    expect(before).toBe(rulesFor('payment').length)
    await grant({ payment: [{ resource: 'topic', name: 'orders', pattern: 'literal', operation: 'write' }] })
    expect(await told()).toBe(before + 1)
    const connection = await connectionOf('payment')
    expect(await probes.topic.write!(connection, 'orders')).toBe(0)
    await grant()
    expect(await told()).toBe(before)
    expect(await probes.topic.write!(connection, 'orders')).toBe(refusalOf.topic)
    connection.close()
  })

  test('is a password of its own: with that of another nobody comes in', async () => {
    const sasl = { mechanism: 'SCRAM-SHA-512', username: 'order', password: () => passwordOf('payment') } as const
    await expect(open(at.sasl, { sasl })).rejects.toThrow('SASL_AUTHENTICATION_FAILED')
  })
})
