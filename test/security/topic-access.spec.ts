import { describe, expect, test } from 'vitest'
import {
  accessOf,
  type KafkaUser,
  kafkaUsers,
  type MessageType,
  messageTypesOn,
  type RequestType,
  type Topic,
  topicNames,
  topicOf,
  topicsKeptBy,
  usedTopics,
} from '#libs/contracts'
import { rulesFor } from '#libs/messaging'
import { consumers as analytics } from '../../apps/analytics/src/consumers.ts'
import { topology } from '../../apps/analytics/src/domain/topology.ts'
import { consumers as fulfillment } from '../../apps/fulfillment/src/consumers.ts'
import { replies as fulfillmentReplies } from '../../apps/fulfillment/src/replies.ts'
import { consumers as inventory } from '../../apps/inventory/src/consumers.ts'
import { replies as inventoryReplies } from '../../apps/inventory/src/replies.ts'
import { consumersFor as notification } from '../../apps/notification/src/consumers.ts'
import { queuesOf } from '../../apps/notification/src/queues.ts'
import { factTopics } from '../../apps/notification/src/subscriptions/fan-out.ts'
import { consumers as order } from '../../apps/order/src/consumers.ts'
import { consumers as payment } from '../../apps/payment/src/consumers.ts'
import { consumers as query } from '../../apps/query/src/consumers.ts'
import { SERVICES } from '../../scripts/processes.ts'

const topicsOf = (handlers: object): Topic[] => [
  ...new Set((Object.keys(handlers) as MessageType[]).map((type) => topicOf(type))),
]
const requestsOf = (replies: object): Topic[] => topicsOf(replies as Record<RequestType, unknown>)

/** What each process declares in its own code, by consumer group. */
const declared: Readonly<Partial<Record<KafkaUser, Readonly<Record<string, readonly string[]>>>>> = {
  order: { order: topicsOf(order) },
  payment: { payment: topicsOf(payment) },
  inventory: { inventory: topicsOf(inventory), 'inventory-requests': requestsOf(inventoryReplies(undefined as never)) },
  fulfillment: {
    fulfillment: topicsOf(fulfillment),
    'fulfillment-requests': requestsOf(fulfillmentReplies(undefined as never, undefined as never)),
  },
  notification: { notification: topicsOf(notification({} as never)), subscriptions: factTopics },
  query: { query: topicsOf(query) },
  analytics: {
    analytics: topicsOf(analytics),
    [`${topology.name}-stream`]: [topology.from],
    archiver: [topology.from],
  },
}

test.each(kafkaUsers)('the groups of %s are those that its code declares', (user) => {
  const sorted = (groups: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(groups).map(([group, names]) => [group, [...names].sort()]))
  expect(sorted(accessOf(user).groups ?? {})).toEqual(sorted(declared[user] ?? {}))
})

test('the queues are those that the notification service declares', () => {
  const settings = { NOTIFICATION_WORKERS: 1, NOTIFICATION_LOW_WORKERS: 1, NOTIFICATION_TRIES: 1 }
  const times = { NOTIFICATION_VISIBILITY_MS: 30_000, NOTIFICATION_LOW_VISIBILITY_MS: 30_000 }
  const queues = queuesOf({ ...settings, ...times, NOTIFICATION_BACKOFF_MS: 1 })
  expect(accessOf('notification').queues).toEqual(Object.values(queues).map(({ name }) => name))
})

test('every service is there, and nobody beside them but the gateway and the simulators', () => {
  expect([...kafkaUsers].sort()).toEqual([...SERVICES, 'console', 'simulators'].sort())
})

describe('each topic', () => {
  test.each(topicNames)('%s has somebody who writes to it, and somebody who creates it', (topic) => {
    const services = SERVICES.filter((service) => Object.hasOwn(topicsKeptBy(service), topic))
    expect(services.length).toBeGreaterThan(0)
    expect(SERVICES.some((service) => usedTopics({ writes: accessOf(service).writes ?? [] }).includes(topic))).toBe(
      true,
    )
  })

  // A fact that somebody else may publish is nobody's word.
  test.each(['orders', 'payments', 'inventory', 'shipments', 'notifications', 'subscriptions'] as const)(
    'the facts on %s are written by their owner',
    (topic) => {
      expect(messageTypesOn(topic).length).toBeGreaterThan(0)
      expect(SERVICES.filter((service) => (accessOf(service).writes ?? []).includes(topic))).toHaveLength(1)
    },
  )
})

describe('the rules', () => {
  test('nobody may delete a topic, alter the cluster or act for it; offsets are deleted by whoever moves groups', () => {
    const all = kafkaUsers.flatMap((user) => rulesFor(user).map((rule) => ({ user, ...rule })))
    expect(all.filter(({ operation }) => ['clusterAction', 'idempotentWrite'].includes(operation))).toEqual([])
    const deletes = all.filter(({ operation }) => operation === 'delete')
    expect([...new Set(deletes.map(({ user, resource }) => `${user} ${resource}`))]).toEqual([
      ...['order group', 'query group'],
    ])
    const ofQuery = deletes.filter(({ user }) => user === 'query').map(({ name }) => name)
    expect(ofQuery).toEqual(Object.keys(accessOf('order').groups!))
    expect(deletes.map(({ name }) => name)).toContain('notification.notifications-low')
    expect(new Set(all.filter(({ resource }) => resource === 'cluster').map(({ operation }) => operation))).toEqual(
      new Set(['describe']),
    )
  })

  test('of the payment service, in full', () => {
    const told = rulesFor('payment').map(({ resource, name, pattern, operation }) => {
      return `${operation} ${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`
    })
    expect(told).toEqual([
      'read topic payment-commands',
      'read topic orders',
      'write topic payments',
      'write topic dead-letters',
      ...['payment-commands', 'orders', 'payments', 'dead-letters'].flatMap((topic) => [
        `create topic ${topic}`,
        `alter topic ${topic}`,
      ]),
      'read group payment',
    ])
  })
})
