import { type StreamTopic, streamTopics } from './stream-topics.ts'
import { type Topic, type TopicSettings, topicNames, topics } from './topics.ts'

/** The processes that talk to Kafka. Where Kafka asks who comes, each is a user of its own. */
export const kafkaUsers = [
  ...(['order', 'payment', 'inventory', 'fulfillment', 'notification', 'query', 'analytics'] as const),
  ...(['console', 'simulators'] as const),
]
export type KafkaUser = (typeof kafkaUsers)[number]

export type AnyTopic = Topic | StreamTopic

/** What a process does with topics. What is not said here it does not do, and a Kafka with access rules refuses it. */
export interface TopicAccess {
  /** What it reads as a member of consumer groups, by the group's id. */
  readonly groups?: Readonly<Record<string, readonly AnyTopic[]>>
  /** What it works as queues, each in a share group `<service>.<queue>`. */
  readonly queues?: readonly Topic[]
  /** What it reads by itself, without a group. */
  readonly reads?: readonly AnyTopic[]
  readonly writes?: readonly AnyTopic[]
  /** It makes topics whose names begin so, and writes to them. */
  readonly makes?: string
  /** It commits transactions by ids that begin so. */
  readonly transactions?: string
  /** On an operator's request: test messages, and groups of others moved while these are stopped. */
  readonly operators?: { readonly writes?: readonly AnyTopic[]; readonly moves: readonly KafkaUser[] }
  /** It shows whatever there is: records, settings, groups, sizes. */
  readonly shows?: true
}

const FACTS = ['orders', 'payments', 'inventory', 'shipments', 'notifications'] as const
const QUEUES = ['notifications-high', 'notifications-normal', 'notifications-low'] as const
const streamNames = Object.keys(streamTopics) as StreamTopic[]

/** Topics of subscribers' queues begin so. */
export const SUBSCRIBER_QUEUES = 'queue.'

/** Held against what each process declares in its code by `test/security/topic-access.spec.ts`. */
export const topicAccess = {
  order: {
    groups: { order: ['payments', 'inventory', 'shipments'] },
    reads: ['replies'],
    writes: [
      ...(['orders', 'payment-commands', 'inventory-commands', 'fulfillment-commands'] as const),
      ...(['inventory-requests', 'fulfillment-requests', 'catalogue', 'customer-keys', 'dead-letters'] as const),
    ],
    operators: {
      writes: topicNames,
      moves: ['payment', 'inventory', 'fulfillment', 'notification', 'query', 'analytics'],
    },
  },
  payment: {
    groups: { payment: ['payment-commands', 'orders'] },
    writes: ['payments', 'dead-letters'],
  },
  inventory: {
    groups: { inventory: ['inventory-commands', 'orders'], 'inventory-requests': ['inventory-requests'] },
    writes: ['inventory', 'replies', 'dead-letters'],
  },
  fulfillment: {
    groups: {
      fulfillment: ['fulfillment-commands', 'orders', 'payments', 'inventory'],
      'fulfillment-requests': ['fulfillment-requests'],
    },
    writes: ['shipments', 'replies', 'dead-letters'],
  },
  notification: {
    groups: { notification: ['orders'], subscriptions: [...FACTS, 'subscriptions'] },
    queues: QUEUES,
    writes: ['notifications', 'subscriptions', ...QUEUES, 'dead-letters'],
    makes: SUBSCRIBER_QUEUES,
  },
  query: {
    groups: { query: FACTS },
    writes: ['dead-letters'],
    operators: { moves: ['order'] },
  },
  analytics: {
    groups: {
      analytics: ['orders', 'catalogue', 'inventory'],
      'analytics-stream': ['shop-events'],
      archiver: ['shop-events'],
    },
    reads: ['analytics-changelog', 'analytics-results'],
    writes: [...streamNames, 'dead-letters'],
    transactions: 'analytics-stream-',
  },
  console: { shows: true },
  simulators: { writes: ['shop-events'] },
} as const satisfies Record<KafkaUser, TopicAccess>

export const accessOf = (user: KafkaUser): TopicAccess => topicAccess[user]

/** The topics of messages that a service has to do with, and so sees to: it creates what is missing of them. */
export const topicsKeptBy = (service: string): Readonly<Record<string, TopicSettings>> => {
  const access = kafkaUsers.includes(service as KafkaUser) ? accessOf(service as KafkaUser) : undefined
  if (access === undefined) return topics
  const named = new Set<string>(usedTopics(access))
  return Object.fromEntries(Object.entries(topics).filter(([topic]) => named.has(topic)))
}

/** What it reads and writes of itself, and for nobody else. */
export const usedTopics = ({ groups = {}, queues = [], reads = [], writes = [] }: TopicAccess): readonly AnyTopic[] => [
  ...new Set([...Object.values(groups).flat(), ...queues, ...reads, ...writes]),
]
