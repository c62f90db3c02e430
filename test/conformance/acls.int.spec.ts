import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type Api,
  addPartitionsToTxn,
  consumerGroupHeartbeat,
  createAcls,
  createPartitions,
  createTopics,
  deleteAcls,
  deleteGroups,
  deleteRecords,
  deleteTopics,
  describeAcls,
  describeConfigs,
  describeGroups,
  describeProducers,
  describeTopicPartitions,
  describeTransactions,
  ErrorCode,
  fetch,
  findCoordinator,
  incrementalAlterConfigs,
  initProducerId,
  joinGroup,
  leaveGroup,
  listGroups,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  produce,
  shareGroupHeartbeat,
  txnOffsetCommit,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'

/**
 * Runs where the broker has an authorizer under which everybody may do what no rule speaks of, and where clients are
 * anonymous: so rules about names of this file alone can be tried without anybody who logs in.
 */
const kafka = kafkaUnderTest({
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
})

const { NONE, INVALID_REQUEST, SECURITY_DISABLED } = ErrorCode
const { TOPIC_AUTHORIZATION_FAILED: TOPIC, GROUP_AUTHORIZATION_FAILED: GROUP } = ErrorCode
const { TRANSACTIONAL_ID_AUTHORIZATION_FAILED: TRANSACTION } = ErrorCode
const Type = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
const Operation = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  describeConfigs: 10,
} as const
const Pattern = { any: 1, match: 2, literal: 3, prefixed: 4 } as const
const Permission = { deny: 2, allow: 3 } as const
const ME = 'User:ANONYMOUS'

const EVERYTHING = {
  ...{ resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: Pattern.any, principalFilter: null },
  ...{ hostFilter: null, operation: 1, permissionType: 1 },
}
type Filter = Partial<{ [K in keyof typeof EVERYTHING]: (typeof EVERYTHING)[K] | string | number | null }>

let hasAuthorizer = true
beforeAll(async () => {
  hasAuthorizer = (await kafka.client.send(describeAcls, 3, EVERYTHING)).errorCode !== SECURITY_DISABLED
  if (!hasAuthorizer) process.stderr.write('skipped: this Kafka has no authorizer\n')
})
/** Says aloud above why it does nothing where there is nothing to see. */
const rulesTest = (name: string, body: () => Promise<void>) =>
  test(name, async ({ skip }) => {
    if (!hasAuthorizer) skip()
    await body()
  })

interface Rule {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}
const rule = (resourceType: number, resourceName: string, operation: number, more: Partial<Rule> = {}): Rule => ({
  ...{ resourceType, resourceName, operation, resourcePatternType: Pattern.literal, principal: ME, host: '*' },
  permissionType: Permission.allow,
  ...more,
})

const made: Rule[] = []
async function create(...rules: readonly Rule[]): Promise<void> {
  const { results } = await kafka.client.send(createAcls, 3, { creations: rules })
  expect(results.map(({ errorCode }) => errorCode)).toEqual(rules.map(() => NONE))
  made.push(...rules)
}
const found = async (filter: Filter) => {
  const { errorCode, resources } = await kafka.client.send(describeAcls, 3, { ...EVERYTHING, ...filter } as never)
  expect(errorCode).toBe(NONE)
  return resources.flatMap(({ acls, ...pattern }) => acls.map((acl) => ({ ...pattern, ...acl })))
}
const remove = async (filters: readonly Filter[]) =>
  (await kafka.client.send(deleteAcls, 3, { filters: filters.map((one) => ({ ...EVERYTHING, ...one })) as never }))
    .filterResults

const exactly = ({ resourceType, resourceName, resourcePatternType, ...entry }: Rule): Filter => ({
  ...{ resourceTypeFilter: resourceType, resourceNameFilter: resourceName, patternTypeFilter: resourcePatternType },
  ...{ principalFilter: entry.principal, hostFilter: entry.host, operation: entry.operation },
  permissionType: entry.permissionType,
})
afterEach(async () => {
  if (made.length > 0) await remove(made.splice(0).map(exactly))
})

describe('rules', () => {
  test.each([1, 2, 3])('are created, described and deleted, in version %i', async (version) => {
    if (!hasAuthorizer) return
    const name = kafka.name('t')
    const creations = [
      rule(Type.topic, name, Operation.read),
      rule(Type.topic, name, Operation.write, { permissionType: Permission.deny, host: '10.0.0.1' }),
    ]
    const { results } = await kafka.client.send(createAcls, version, { creations })
    expect(results).toMatchObject([{ errorCode: NONE }, { errorCode: NONE }])
    const filter = { ...EVERYTHING, resourceNameFilter: name }
    const told = async () => (await kafka.client.send(describeAcls, version, filter)).resources
    await expect.poll(async () => (await told())[0]?.acls.length).toBe(2)
    const [resource] = await told()
    expect(resource).toMatchObject({ resourceType: Type.topic, resourceName: name, patternType: Pattern.literal })
    const removed = await kafka.client.send(deleteAcls, version, { filters: [filter] })
    expect(removed.filterResults[0]!.matchingAcls.map(({ operation }) => operation).sort()).toEqual([3, 4])
    await expect.poll(told).toEqual([])
  })

  rulesTest('are found by every pattern that covers a name', async () => {
    const name = kafka.name('found')
    await create(
      rule(Type.topic, name, Operation.read),
      rule(Type.topic, name.slice(0, -1), Operation.write, { resourcePatternType: Pattern.prefixed }),
      rule(Type.topic, `${name}-other`, Operation.write, { resourcePatternType: Pattern.prefixed }),
    )
    const operations = async (patternTypeFilter: number) =>
      (await found({ resourceTypeFilter: Type.topic, resourceNameFilter: name, patternTypeFilter }))
        .map(({ operation }) => operation)
        .sort()
    await expect.poll(() => operations(Pattern.match)).toEqual([Operation.read, Operation.write])
    expect(await operations(Pattern.literal)).toEqual([Operation.read])
    expect(await operations(Pattern.prefixed)).toEqual([])
    expect(await operations(Pattern.any)).toEqual([Operation.read])
  })

  rulesTest('that are wrong are refused one by one', async () => {
    const right = rule(Type.topic, kafka.name('right'), Operation.read)
    const wrong = [
      { ...right, resourceType: 1 },
      { ...right, resourcePatternType: Pattern.match },
      { ...right, operation: 1 },
      { ...right, permissionType: 1 },
      { ...right, resourceName: '' },
      rule(Type.cluster, 'mine', Operation.alter),
    ]
    const errors = async (creations: readonly Rule[]) =>
      (await kafka.client.send(createAcls, 3, { creations })).results.map(({ errorCode }) => errorCode)
    // Kafka answers the first of these like a fault of its own, and the whole request with it.
    for (const one of wrong.slice(4)) expect(await errors([one, right])).toEqual([INVALID_REQUEST, NONE])
    for (const one of wrong.slice(0, 4)) expect((await errors([one]))[0]).not.toBe(NONE)
    made.push(right)
  })

  rulesTest('that nothing matches cannot be deleted, which is no error', async () => {
    expect(await remove([{ resourceNameFilter: kafka.name('nothing') }])).toMatchObject([
      { errorCode: NONE, matchingAcls: [] },
    ])
  })
})

/** Every error code in an answer, whatever it is called. */
const errorsIn = (answer: unknown): number[] =>
  typeof answer !== 'object' || answer === null || Buffer.isBuffer(answer)
    ? []
    : Object.entries(answer).flatMap(([name, value]) =>
        /errorCode$/i.test(name) && typeof value === 'number' ? [value] : errorsIn(value),
      )
const DENIALS: readonly number[] = [TOPIC, GROUP, ErrorCode.CLUSTER_AUTHORIZATION_FAILED, TRANSACTION]

interface Names {
  readonly topic: TestTopic
  readonly group: string
  readonly id: string
}
type Ask = readonly [string, Api, number, (names: Names) => unknown]
// biome-ignore lint/suspicious/noExplicitAny: requests of many APIs in one table
const ask = (api: Api<any, any>, version: number, request: (names: Names) => unknown): Ask => [
  ...([api.name, api, version] as const),
  request,
]

const batch = testBatch({ values: ['v'], key: 'k' })
const partitions = [{ partitionIndex: 0 }]
const commits = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }]

const ofTopics: readonly (readonly [...Ask, number])[] = [
  [
    ...ask(produce, 9, ({ topic }) => ({
      ...{ acks: 1, timeoutMs: 1000 },
      topicData: [{ name: topic.name, partitionData: [{ index: 0, records: [batch] }] }],
    })),
    Operation.write,
  ],
  ...([12, 13] as const).map(
    (version) =>
      [
        ...ask(fetch, version, ({ topic }) => ({
          ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 1000, sessionEpoch: -1 },
          topics: [
            {
              topic: topic.name,
              topicId: topic.topicId,
              partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }],
            },
          ],
        })),
        Operation.read,
      ] as const,
  ),
  [
    ...ask(listOffsets, 6, ({ topic }) => ({
      replicaId: -1,
      topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    })),
    Operation.describe,
  ],
  [...ask(metadata, 9, ({ topic }) => ({ topics: [{ name: topic.name }] })), Operation.describe],
  [...ask(metadata, 12, ({ topic }) => ({ topics: [{ name: null, topicId: topic.topicId }] })), Operation.describe],
  [...ask(describeTopicPartitions, 0, ({ topic }) => ({ topics: [{ name: topic.name }] })), Operation.describe],
  [
    ...ask(createPartitions, 3, ({ topic }) => ({
      topics: [{ name: topic.name, count: 2, assignments: null }],
      timeoutMs: 1000,
      validateOnly: true,
    })),
    Operation.alter,
  ],
  [
    ...ask(deleteRecords, 2, ({ topic }) => ({
      topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset: 0 }] }],
      timeoutMs: 1000,
    })),
    Operation.delete,
  ],
  [
    ...ask(describeConfigs, 4, ({ topic }) => ({
      resources: [{ resourceType: 2, resourceName: topic.name, configurationKeys: null }],
    })),
    Operation.describeConfigs,
  ],
  [
    ...ask(incrementalAlterConfigs, 1, ({ topic }) => ({
      resources: [{ resourceType: 2, resourceName: topic.name, configs: [] }],
      validateOnly: true,
    })),
    11,
  ],
  [
    ...ask(describeProducers, 0, ({ topic }) => ({ topics: [{ name: topic.name, partitionIndexes: [0] }] })),
    Operation.read,
  ],
  [
    ...ask(offsetCommit, 9, ({ topic, group }) => ({
      groupId: group,
      memberId: '',
      topics: [{ name: topic.name, partitions: commits }],
    })),
    Operation.read,
  ],
  [
    ...ask(offsetFetch, 8, ({ topic, group }) => ({
      groups: [{ groupId: group, topics: [{ name: topic.name, partitionIndexes: [0] }] }],
    })),
    Operation.describe,
  ],
  [
    ...ask(addPartitionsToTxn, 3, ({ topic, id }) => ({
      ...{ transactionalId: id, producerId: 1, producerEpoch: 0 },
      topics: [{ name: topic.name, partitions: [0] }],
    })),
    Operation.write,
  ],
  [
    ...ask(consumerGroupHeartbeat, 1, ({ topic, group }) => ({
      ...{ groupId: group, memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [] },
      subscribedTopicNames: [topic.name],
    })),
    Operation.describe,
  ],
  [
    ...ask(shareGroupHeartbeat, 1, ({ topic, group }) => ({
      ...{ groupId: group, memberId: 'AAAAAAAAAAAAAAAAAAAAAA', memberEpoch: 0 },
      subscribedTopicNames: [topic.name],
    })),
    Operation.describe,
  ],
]

const ofGroups: readonly (readonly [...Ask, number])[] = [
  [...ask(findCoordinator, 4, ({ group }) => ({ keyType: 0, coordinatorKeys: [group] })), Operation.describe],
  [
    ...ask(joinGroup, 5, ({ group }) => ({
      ...{
        groupId: group,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        memberId: '',
        protocolType: 'consumer',
      },
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    })),
    Operation.read,
  ],
  [...ask(leaveGroup, 4, ({ group }) => ({ groupId: group, members: [] })), Operation.read],
  [...ask(describeGroups, 5, ({ group }) => ({ groups: [group] })), Operation.describe],
  [...ask(deleteGroups, 2, ({ group }) => ({ groupsNames: [group] })), Operation.delete],
  [
    ...ask(offsetCommit, 9, ({ topic, group }) => ({
      groupId: group,
      memberId: '',
      topics: [{ name: topic.name, partitions: commits }],
    })),
    Operation.read,
  ],
  [
    ...ask(offsetFetch, 8, ({ topic, group }) => ({
      groups: [{ groupId: group, topics: [{ name: topic.name, partitionIndexes: [0] }] }],
    })),
    Operation.describe,
  ],
  [
    ...ask(consumerGroupHeartbeat, 1, ({ topic, group }) => ({
      ...{ groupId: group, memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [] },
      subscribedTopicNames: [topic.name],
    })),
    Operation.read,
  ],
]

const ofTransactions: readonly (readonly [...Ask, number])[] = [
  [...ask(findCoordinator, 4, ({ id }) => ({ keyType: 1, coordinatorKeys: [id] })), Operation.describe],
  [...ask(initProducerId, 4, ({ id }) => ({ transactionalId: id, transactionTimeoutMs: 1000 })), Operation.write],
  [...ask(describeTransactions, 0, ({ id }) => ({ transactionalIds: [id] })), Operation.describe],
  [
    ...ask(txnOffsetCommit, 3, ({ topic, group, id }) => ({
      ...{ transactionalId: id, groupId: group, producerId: 1, producerEpoch: 0 },
      topics: [{ name: topic.name, partitions }].map((one) => ({ ...one, partitions: commits })),
    })),
    Operation.write,
  ],
]

describe.each([
  ['a topic', Type.topic, TOPIC, ofTopics, ({ topic }: Names) => topic.name],
  ['a group', Type.group, GROUP, ofGroups, ({ group }: Names) => group],
  ['a transactional id', Type.transactionalId, TRANSACTION, ofTransactions, ({ id }: Names) => id],
] as const)('of %s', (_what, resourceType, error, asks, nameIn) => {
  test.each(asks)('%s (%#) is refused to whom it is denied, and to whom something else is allowed', async (...row) => {
    if (!hasAuthorizer) return
    const [, api, version, request, operation] = row
    const names = { topic: await kafka.topic(), group: kafka.name('g'), id: kafka.name('x') }
    const send = async () => errorsIn(await kafka.client.send(api, version, request(names) as never))
    const denials = async () => (await send()).filter((code) => DENIALS.includes(code))
    const denial = rule(resourceType, nameIn(names), operation, { permissionType: Permission.deny })
    await create(denial)
    await expect.poll(denials).toEqual([error])
    await remove([exactly(denial)])
    // 12 is nothing that a client does to any of these.
    await create(rule(resourceType, nameIn(names), 12))
    await expect.poll(denials).toEqual([error])
    await create(rule(resourceType, nameIn(names), operation))
    await expect.poll(denials).toEqual([])
  })
})

/** A rule about the cluster closes it for all but those whom one allows something. */
const allOfTheClusterBut = (operation: number): Rule[] => [
  rule(Type.cluster, 'kafka-cluster', Operation.all),
  rule(Type.cluster, 'kafka-cluster', operation, { permissionType: Permission.deny }),
]

describe('what decides', () => {
  const produceTo = async (topic: TestTopic) => (await kafka.append(topic, batch, { acks: 1 })).errorCode
  const described = async ({ name }: TestTopic) =>
    (await kafka.client.send(metadata, 9, { topics: [{ name }], allowAutoTopicCreation: false })).topics[0]!.errorCode

  rulesTest(
    'a denial stands against every permission, and one operation implies another only where it is allowed',
    async () => {
      const topic = await kafka.topic()
      await create(rule(Type.topic, topic.name, Operation.write))
      await expect.poll(() => described(topic)).toBe(NONE)
      expect(await produceTo(topic)).toBe(NONE)
      await create(
        rule(Type.topic, '*', Operation.write, { permissionType: Permission.deny, host: '127.0.0.1', principal: ME }),
      )
      await expect.poll(() => produceTo(topic)).toBe(TOPIC)
      expect(await described(topic)).toBe(NONE)
    },
  )

  rulesTest('a prefix, another host, another principal, anybody', async () => {
    const topic = await kafka.topic()
    const prefix = topic.name.slice(0, -1)
    await create(rule(Type.topic, topic.name, Operation.write, { host: '10.9.8.7' }))
    await expect.poll(() => produceTo(topic)).toBe(TOPIC)
    await create(rule(Type.topic, topic.name, Operation.write, { principal: 'User:somebody' }))
    expect(await produceTo(topic)).toBe(TOPIC)
    await create(
      rule(Type.topic, prefix, Operation.all, { principal: 'User:*', resourcePatternType: Pattern.prefixed }),
    )
    await expect.poll(() => produceTo(topic)).toBe(NONE)
  })

  rulesTest('what may not be described is not in any list', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('g')
    const commit = { groupId: group, memberId: '', topics: [{ name: topic.name, partitions: commits }] }
    await kafka.client.send(offsetCommit, 9, commit as never)
    const deny = { permissionType: Permission.deny }
    const isListed = async () => {
      const { topics } = await kafka.client.send(metadata, 9, { topics: null, allowAutoTopicCreation: false })
      return topics.some(({ name }) => name === topic.name)
    }
    expect(await isListed()).toBe(true)
    await create(rule(Type.topic, topic.name, Operation.describe, deny))
    await expect.poll(isListed).toBe(false)
    const { groups } = await kafka.client.send(listGroups, 4, {})
    expect(groups.some(({ groupId }) => groupId === group)).toBe(true)
  })

  rulesTest('whether there is a topic is told only to those who may describe it', async () => {
    const name = kafka.name('nowhere')
    const nowhere = { name, topicId: ZERO_UUID }
    expect(await described(nowhere)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    await create(rule(Type.topic, name, Operation.describe, { permissionType: Permission.deny }))
    await expect.poll(() => described(nowhere)).toBe(TOPIC)
  })

  rulesTest('a topic comes to be only for whom may create it, asked for or by the way', async () => {
    const name = kafka.name('new')
    await create(
      rule(Type.topic, name, Operation.create, { permissionType: Permission.deny }),
      rule(Type.topic, name, Operation.describe),
      ...allOfTheClusterBut(Operation.create),
    )
    const wanted = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const creation = async () => (await kafka.client.send(createTopics, 7, { topics: [wanted] })).topics[0]!.errorCode
    await expect.poll(creation).toBe(TOPIC)
    const byTheWay = await kafka.client.send(metadata, 9, { topics: [{ name }], allowAutoTopicCreation: true })
    expect(byTheWay.topics[0]!.errorCode).toBe(TOPIC)
  })

  rulesTest('a topic is deleted only by whom may delete it, or anything', async () => {
    const topic = await kafka.topic()
    await create(rule(Type.topic, topic.name, Operation.read), ...allOfTheClusterBut(Operation.delete))
    const request = { topics: [{ name: topic.name, topicId: ZERO_UUID }], timeoutMs: 1000 }
    const deletion = async () => (await kafka.client.send(deleteTopics, 6, request)).responses[0]!.errorCode
    await expect.poll(deletion).toBe(TOPIC)
    await create(rule(Type.topic, topic.name, Operation.delete))
    await expect.poll(deletion).toBe(NONE)
  })

  rulesTest('a client that asks is told what it may do', async () => {
    const topic = await kafka.topic()
    await create(rule(Type.topic, topic.name, Operation.read), rule(Type.topic, topic.name, Operation.describeConfigs))
    const request = { topics: [{ name: topic.name }], includeTopicAuthorizedOperations: true }
    const operations = async () => (await kafka.client.send(metadata, 9, request)).topics[0]!.topicAuthorizedOperations
    const { read, describe: describing, describeConfigs: configs } = Operation
    await expect.poll(operations).toBe((1 << read) | (1 << describing) | (1 << configs))
  })
})
