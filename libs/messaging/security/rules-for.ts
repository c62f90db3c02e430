import { accessOf, type KafkaUser, SUBSCRIBER_QUEUES, streamTopics, topicNames, usedTopics } from '#libs/contracts'
import { groupOf } from '../queue/group-of.ts'
import { type AccessRule, CLUSTER, type Operation, type Resource } from './access-rule.ts'

/**
 * The least that a process must be allowed on Kafka to do what `topicAccess` of libs/contracts says that it does. Reading
 * and writing imply describing, altering settings implies seeing them; idempotence needs nothing but a topic to write to.
 */
export const rulesFor = (user: KafkaUser): readonly AccessRule[] => {
  const access = accessOf(user)
  const { groups = {}, queues = [], reads = [], writes = [], operators, makes, transactions } = access
  const moved = Object.assign({}, ...(operators?.moves ?? []).map(groupsOf)) as Groups
  // Whoever is a member of a group sees to its topics: creates what is missing, adds partitions.
  const kept = Object.keys(groups).length > 0 ? usedTopics(access) : []
  const shareGroups = queues.map((queue) => groupOf(user, queue))
  return distinct([
    ...rules('topic', [...Object.values(groups).flat(), ...queues, ...reads], ['read']),
    ...rules('topic', [...writes, ...(operators?.writes ?? [])], ['write']),
    ...rules('topic', kept, ['create', 'alter']),
    ...(makes === undefined ? [] : rules('topic', [makes], ['write', 'create', 'alter'], 'prefixed')),
    ...rules('group', [...Object.keys(groups), ...shareGroups], ['read']),
    // What a share group obeys, and where it begins, are settings of the group.
    ...rules('group', shareGroups, ['alterConfigs']),
    ...(transactions === undefined ? [] : rules('transactionalId', [transactions], ['write'], 'prefixed')),
    // To move a group is to commit for it; to have it forget a topic is to delete of it.
    ...rules('group', Object.keys(moved), ['read', 'delete']),
    ...rules('topic', Object.values(moved).flat(), ['read']),
    ...(access.shows ? toShowAll : []),
  ])
}

type Groups = Readonly<Record<string, readonly string[]>>

/** Every group of a process, share groups too, with what it reads. */
const groupsOf = (user: KafkaUser): Groups => {
  const { groups = {}, queues = [] } = accessOf(user)
  return { ...groups, ...Object.fromEntries(queues.map((queue) => [groupOf(user, queue), [queue]])) }
}

const rules = (
  resource: Resource,
  names: readonly string[],
  operations: readonly Operation[],
  pattern: AccessRule['pattern'] = 'literal',
): AccessRule[] => names.flatMap((name) => operations.map((operation) => ({ resource, name, pattern, operation })))

/** Groups of anybody, and of the cluster what is listed and how large it is; records and settings of the topics that are ours. */
const toShowAll: readonly AccessRule[] = [
  ...rules('topic', [...topicNames, ...Object.keys(streamTopics)], ['read', 'describeConfigs']),
  ...rules('topic', [SUBSCRIBER_QUEUES], ['read', 'describeConfigs'], 'prefixed'),
  ...rules('group', ['*'], ['describe']),
  ...rules('cluster', [CLUSTER], ['describe']),
]

const distinct = (all: readonly AccessRule[]): AccessRule[] => [
  ...new Map(all.map((rule) => [Object.values(rule).join('\0'), rule])).values(),
]
