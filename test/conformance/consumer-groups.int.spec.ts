import { describe, expect, test } from 'vitest'
import {
  apiVersions,
  consumerGroupHeartbeat,
  createPartitions,
  createTopics,
  deleteGroups,
  deleteTopics,
  describeGroups,
  ErrorCode,
  joinGroup,
  listGroups,
  offsetDelete,
  shareGroupHeartbeat,
  updateFeatures,
} from '#libs/kafka-protocol'
import { ConsumerMember, describeGroup, settled } from './consumer-member.ts'
import { GroupMember } from './group-member.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'
import { configureGroup } from './share-member.ts'
import { TransactionalProducer } from './transactional-producer.ts'

const kafka = kafkaUnderTest({ 'group.consumer.assignment.interval.ms': 0 })
const { NONE, INVALID_REQUEST } = ErrorCode
const eventually = (check: () => unknown) => expect.poll(check, { timeout: 20_000, interval: 50 })

describe('members', () => {
  test('join, are assigned all partitions, are described, and leave', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    const groupId = kafka.name('consumer')
    const member = await ConsumerMember.of(kafka, groupId)
    expect(await member.join([topic.name])).toMatchObject({
      errorCode: NONE,
      memberId: member.memberId,
      memberEpoch: 2,
    })
    expect(member.assigned).toEqual([{ topicId: topic.topicId, partitions: [0, 1, 2] }])
    // Nothing has changed, so nothing is said.
    expect(await member.heartbeat()).toMatchObject({ memberEpoch: 2, assignment: null, heartbeatIntervalMs: 5000 })
    const described = await describeGroup(kafka, groupId)
    expect(described).toMatchObject({ errorCode: NONE, groupState: 'Stable', groupEpoch: 2, assignmentEpoch: 2 })
    expect(described).toMatchObject({
      assignorName: 'uniform',
      members: [{ memberId: member.memberId, memberType: 1 }],
    })
    const { assignment, targetAssignment, subscribedTopicNames } = described.members[0]!
    expect(assignment).toEqual({ topicPartitions: [{ ...member.assigned[0], topicName: topic.name }] })
    expect(targetAssignment).toEqual(assignment)
    expect(subscribedTopicNames).toEqual([topic.name])
    expect(await member.leave()).toMatchObject({ errorCode: NONE, memberEpoch: -1 })
    expect(await describeGroup(kafka, groupId)).toMatchObject({ groupState: 'Empty', groupEpoch: 3, members: [] })
  })

  test('that come later are given what others have given up, and not before', async () => {
    const topic = await kafka.topic({ partitions: 4 })
    const first = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 4)
    const second = await ConsumerMember.of(kafka, first.groupId)
    await second.join([topic.name])
    expect(second.count).toBe(0)
    // The first one is told to give two up, and has not said that it has.
    await eventually(async () => {
      await first.send({})
      return first.count
    }).toBe(2)
    await second.heartbeat()
    expect(second.count).toBe(0)
    expect(first.memberEpoch).toBe(2)
    expect(await describeGroup(kafka, first.groupId)).toMatchObject({ groupState: 'Reconciling' })
    await first.heartbeat()
    expect(first.memberEpoch).toBe(3)
    await second.heartbeat()
    expect(second).toMatchObject({ count: 2, memberEpoch: 3 })
    expect([...first.assigned, ...second.assigned].flatMap(({ partitions }) => partitions).sort()).toEqual([0, 1, 2, 3])
    await settled(kafka, first, second)
    // The partitions of one that leaves go to the other.
    await second.leave()
    await first.reads(4)
  })

  test('of which one keeps what it should give up are not given it until its time is over', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const groupId = kafka.name('consumer')
    const slow = await ConsumerMember.of(kafka, groupId, { rebalanceTimeoutMs: 500 })
    await slow.join([topic.name])
    await slow.reads(2)
    const other = await ConsumerMember.of(kafka, groupId)
    await other.join([topic.name])
    const everything = [...slow.assigned]
    await eventually(async () => (await slow.send({ owned: everything })).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    await other.reads(2)
  })

  test('may read nothing yet', async () => {
    const member = await ConsumerMember.of(kafka, kafka.name('consumer'))
    expect(await member.join([])).toMatchObject({
      errorCode: NONE,
      memberEpoch: 1,
      assignment: { topicPartitions: [] },
    })
    expect(await describeGroup(kafka, member.groupId)).toMatchObject({ groupState: 'Stable' })
  })

  test('are told what is wrong with their requests', async () => {
    const topic = await kafka.topic()
    const member = await ConsumerMember.of(kafka, kafka.name('consumer'))
    expect(await member.send({ epoch: 1 })).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
    expect(await member.send({ epoch: -1 })).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
    expect(await member.join(null)).toMatchObject({ errorCode: INVALID_REQUEST })
    expect(await member.join([topic.name], { owned: null })).toMatchObject({ errorCode: INVALID_REQUEST })
    expect(await member.send({ epoch: -2 })).toMatchObject({ errorCode: INVALID_REQUEST })
    expect(await member.send({ epoch: -3 })).toMatchObject({ errorCode: INVALID_REQUEST })
    const unsupported = await member.join([topic.name], { assignor: 'sticky' })
    expect(unsupported).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR })
    const nameless = await ConsumerMember.of(kafka, kafka.name('consumer'), { memberId: '' })
    expect(await nameless.join([topic.name])).toMatchObject({ errorCode: INVALID_REQUEST })
    // In version 0 the coordinator gives names.
    const named = await nameless.join([topic.name], { version: 0 })
    expect(named).toMatchObject({ errorCode: NONE, memberId: expect.stringMatching(/.+/) })
  })

  test('with a wrong epoch are fenced, and may join again', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const member = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 2)
    const fenced = { errorCode: ErrorCode.FENCED_MEMBER_EPOCH }
    expect(await member.send({ epoch: member.memberEpoch + 1 })).toMatchObject(fenced)
    const stranger = await ConsumerMember.of(kafka, member.groupId)
    expect(await stranger.send({ epoch: 1 })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    const other = await ConsumerMember.of(kafka, member.groupId)
    await other.join([topic.name])
    await eventually(async () => (await member.heartbeat()).memberEpoch).toBe(3)
    // The answer that told of epoch 3 may have been lost; but not with partitions that it must not read any more.
    const all = [{ topicId: topic.topicId, partitions: [0, 1] }]
    expect(await member.send({ epoch: 2, owned: all })).toMatchObject(fenced)
    expect(await member.send({ epoch: 2 })).toMatchObject(fenced)
    expect(await member.send({ epoch: 2, owned: member.assigned })).toMatchObject({ errorCode: NONE, memberEpoch: 3 })
    expect(await member.join([topic.name])).toMatchObject({ errorCode: NONE })
    expect(member.count).toBe(1)
  })
})

describe('what is read', () => {
  test('follows the topics: one that comes, grows, goes', async () => {
    const topic = await kafka.topic()
    const missing = kafka.name('later')
    const member = await ConsumerMember.of(kafka, kafka.name('consumer'))
    await member.join([topic.name, missing])
    await member.reads(1)
    const grown = { name: topic.name, count: 3, assignments: null }
    await kafka.client.send(createPartitions, 3, { topics: [grown], timeoutMs: 5000, validateOnly: false })
    await member.reads(3)
    await kafka.client.send(deleteTopics, 6, {
      ...{ topics: [{ name: topic.name, topicId: '0'.repeat(32) }], timeoutMs: 5000 },
    })
    await member.reads(0)
  })

  test('is said by a regular expression: RE2, of the whole name, of topics that come later as well', async () => {
    const prefix = kafka.name('pattern')
    const make = async (name: string) => {
      const wanted = { name: `${prefix}-${name}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
      await kafka.client.send(createTopics, 7, { topics: [wanted] })
    }
    await make('a')
    await make('bb')
    const member = await ConsumerMember.of(kafka, kafka.name('consumer'))
    expect(await member.join(null, { regex: '(' })).toMatchObject({ errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION })
    const lookAhead = await member.join(null, { regex: `${prefix}-(?=a).*` })
    expect(lookAhead).toMatchObject({ errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION })
    expect(await member.join(null, { regex: `${prefix}-.` })).toMatchObject({ errorCode: NONE })
    await member.reads(1)
    const [described] = (await describeGroup(kafka, member.groupId)).members
    expect(described).toMatchObject({ subscribedTopicRegex: `${prefix}-.`, subscribedTopicNames: [] })
    await make('c')
    await member.reads(2)
    await member.send({ regex: `${prefix}-b*` })
    await member.reads(1)
    await member.send({ regex: '', topics: [] })
    await member.reads(0)
  })

  test('is divided as the assignor does that most ask for', async () => {
    const [one, two] = [await kafka.topic({ partitions: 3 }), await kafka.topic({ partitions: 3 })]
    const groupId = kafka.name('consumer')
    const options = (name: string) => ({ memberId: `${name}-${groupId}`, assignor: 'range' })
    const first = await ConsumerMember.of(kafka, groupId, options('a'))
    await first.join([one.name, two.name])
    await first.reads(6)
    const second = await ConsumerMember.of(kafka, groupId, options('b'))
    await second.join([one.name, two.name])
    await second.reads(2, first)
    expect(second.assigned.map(({ partitions }) => partitions)).toEqual([[2], [2]])
    expect((await describeGroup(kafka, groupId)).assignorName).toBe('range')
    // When nobody asks for it any more, everybody reads as many as the others.
    await first.send({ owned: first.assigned, assignor: 'uniform' })
    await second.send({ owned: second.assigned, assignor: 'uniform' })
    await second.reads(3, first)
    expect(first.count).toBe(3)
  })
})

describe('static members', () => {
  test('come back to what they read, and nobody else is given it meanwhile', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const groupId = kafka.name('consumer')
    const other = await ConsumerMember.joined(kafka, groupId, topic, 2)
    const first = await ConsumerMember.of(kafka, groupId, { instanceId: 'i' })
    await first.join([topic.name])
    await first.reads(1, other)
    await settled(kafka, first, other)
    const epoch = first.memberEpoch
    const early = await ConsumerMember.of(kafka, groupId, { instanceId: 'i' })
    expect(await early.join([topic.name])).toMatchObject({ errorCode: ErrorCode.UNRELEASED_INSTANCE_ID })
    expect(await first.leave(-2)).toMatchObject({ errorCode: NONE, memberEpoch: -2 })
    await other.heartbeat()
    expect(other.count).toBe(1)
    const successor = await ConsumerMember.of(kafka, groupId, { instanceId: 'i' })
    expect(await successor.join([topic.name])).toMatchObject({ errorCode: NONE, memberEpoch: epoch })
    expect(successor.count).toBe(1)
    expect(await first.send({ epoch })).toMatchObject({ errorCode: ErrorCode.FENCED_INSTANCE_ID })
    await successor.leave()
    await other.reads(2)
  })

  test('that nobody knows are told so', async () => {
    const topic = await kafka.topic()
    const { groupId } = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 1)
    const unknown = await ConsumerMember.of(kafka, groupId, { instanceId: 'i' })
    expect(await unknown.send({ epoch: 1 })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    expect(await unknown.leave(-2)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  })
})

describe('offsets', () => {
  test('are committed and asked for with the epoch of the member', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const member = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 2)
    expect(await member.commit(topic, 5)).toBe(NONE)
    expect(await member.committed(topic)).toEqual({ offset: 5 })
    const stale = { errorCode: ErrorCode.STALE_MEMBER_EPOCH }
    expect(await member.commit(topic, 6, { epoch: member.memberEpoch + 1 })).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    expect(await member.commit(topic, 6, { epoch: 0 })).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    expect(await member.commit(topic, 6, { version: 8 })).toBe(ErrorCode.UNSUPPORTED_VERSION)
    expect(await member.committed(topic, { epoch: member.memberEpoch + 1 })).toEqual(stale)
    const stranger = await ConsumerMember.of(kafka, member.groupId)
    expect(await stranger.commit(topic, 7, { epoch: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await stranger.commit(topic, 7, { epoch: -1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await stranger.committed(topic, { epoch: 1 })).toEqual({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    expect(await stranger.committed(topic, { epoch: -1, memberId: null })).toEqual({ offset: 5 })
  })

  test('of an earlier epoch count for what the member has kept since, and for nothing else', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const first = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 2)
    const second = await ConsumerMember.of(kafka, first.groupId)
    await second.join([topic.name])
    await second.reads(1, first)
    await settled(kafka, first, second)
    const kept = first.assigned[0]!.partitions[0]!
    expect(first.memberEpoch).toBe(3)
    expect(await first.commit(topic, 5, { epoch: 2, partition: kept })).toBe(NONE)
    expect(await first.commit(topic, 5, { epoch: 2, partition: 1 - kept })).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    expect(await second.commit(topic, 5, { epoch: 2, partition: 1 - kept })).toBe(ErrorCode.STALE_MEMBER_EPOCH)
  })

  test('of a transaction are taken with the epoch of the member, and count when it ends', async () => {
    const topic = await kafka.topic()
    const member = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 1)
    const { groupId, memberId, memberEpoch } = member
    const producer = new TransactionalProducer(kafka)
    await producer.start()
    const commit = (generationId: number, version: number) =>
      producer.commitOffset(groupId, topic, 9, { generationId, memberId, version })
    expect(await commit(memberEpoch + 1, 5)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(await commit(memberEpoch + 1, 6)).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    expect(await commit(memberEpoch, 6)).toBe(NONE)
    expect(await member.committed(topic)).toEqual({ offset: -1 })
    expect(await producer.end(true)).toBe(NONE)
    await eventually(() => member.committed(topic)).toEqual({ offset: 9 })
  })

  test('of topics that are read cannot be deleted', async () => {
    const topic = await kafka.topic()
    const member = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 1)
    await member.commit(topic, 5)
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }]
    const errorOf = async () => {
      const answer = await kafka.client.send(offsetDelete, 0, { groupId: member.groupId, topics })
      return answer.topics[0]!.partitions[0]!.errorCode
    }
    expect(await errorOf()).toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)
    await member.leave()
    expect(await errorOf()).toBe(NONE)
    expect(await member.committed(topic, { epoch: -1, memberId: null })).toEqual({ offset: -1 })
  })
})

describe('groups', () => {
  const listed = async (groupId: string, filters: { states?: string[]; types?: string[] } = {}) => {
    const { states: statesFilter = [], types: typesFilter = [] } = filters
    const { groups } = await kafka.client.send(listGroups, 5, { statesFilter, typesFilter })
    return groups.find((group) => group.groupId === groupId)
  }

  test('are listed by type and state, told from classic ones, and deleted when they are empty', async () => {
    const topic = await kafka.topic()
    const member = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 1)
    const { groupId } = member
    const stable = { groupType: 'consumer', groupState: 'Stable', protocolType: 'consumer' }
    await eventually(() => listed(groupId)).toMatchObject(stable)
    expect(await listed(groupId, { types: ['Consumer'], states: ['stable'] })).toMatchObject(stable)
    expect(await listed(groupId, { types: ['classic'] })).toBeUndefined()
    const [classic] = (await kafka.client.send(describeGroups, 6, { groups: [groupId] })).groups
    expect(classic).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead' })
    const remove = async () =>
      (await kafka.client.send(deleteGroups, 2, { groupsNames: [groupId] })).results[0]!.errorCode
    expect(await remove()).toBe(ErrorCode.NON_EMPTY_GROUP)
    await member.leave()
    expect(await remove()).toBe(NONE)
    expect(await describeGroup(kafka, groupId)).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
  })

  test('of one kind are not of another', async () => {
    const topic = await kafka.topic()
    const { groupId } = await ConsumerMember.joined(kafka, kafka.name('consumer'), topic, 1)
    const share = { groupId, memberId: 'm', memberEpoch: 0, subscribedTopicNames: [topic.name] }
    const refused = await kafka.client.send(shareGroupHeartbeat, 1, share)
    expect(refused.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    const shared = { ...share, groupId: kafka.name('share') }
    await kafka.client.send(shareGroupHeartbeat, 1, shared)
    const member = await ConsumerMember.of(kafka, shared.groupId)
    expect(await member.join([topic.name])).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
    const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
    const join = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '', protocols }
    const other = await kafka.client.send(joinGroup, 7, { ...join, groupInstanceId: null, protocolType: 'connect' })
    expect(other.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  test('have settings of their own, within the bounds of the broker', async () => {
    const topic = await kafka.topic()
    const groupId = kafka.name('consumer')
    await configureGroup(kafka, groupId, { 'consumer.heartbeat.interval.ms': '6000' })
    const member = await ConsumerMember.of(kafka, groupId)
    expect(await member.join([topic.name])).toMatchObject({ errorCode: NONE, heartbeatIntervalMs: 6000 })
    await expect(configureGroup(kafka, groupId, { 'consumer.session.timeout.ms': '1' })).rejects.toThrow(
      '45000 to 60000',
    )
  })

  test('that are empty change from one protocol to the other, and keep their offsets', async () => {
    const topic = await kafka.topic()
    const groupId = kafka.name('consumer')
    const classic = await GroupMember.of(kafka, groupId)
    expect(await classic.enter()).toMatchObject({ errorCode: NONE })
    await classic.sync({ [classic.memberId]: 'a' })
    expect(await classic.commit(topic.name, 3)).toBe(NONE)
    await classic.leave()
    const member = await ConsumerMember.of(kafka, groupId)
    expect(await member.join([topic.name])).toMatchObject({ errorCode: NONE })
    expect(await listed(groupId)).toMatchObject({ groupType: 'consumer' })
    expect(await member.committed(topic)).toEqual({ offset: 3 })
    expect(await member.commit(topic, 4)).toBe(NONE)
    await member.leave()
    const again = await GroupMember.of(kafka, groupId)
    expect(await again.enter()).toMatchObject({ errorCode: NONE })
    expect(await listed(groupId)).toMatchObject({ groupType: 'classic' })
    expect(await member.committed(topic, { epoch: -1, memberId: null })).toEqual({ offset: 4 })
  })

  test('are a feature with a level', async () => {
    const request = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    const answer = await kafka.client.send(apiVersions, 4, request)
    const level = { name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 }
    expect(answer.finalizedFeatures).toContainEqual(level)
    expect(answer.supportedFeatures).toContainEqual({ name: 'group.version', minVersion: 0, maxVersion: 1 })
    expect(answer.apiKeys).toContainEqual({ apiKey: consumerGroupHeartbeat.key, minVersion: 0, maxVersion: 1 })
    const update = { feature: 'group.version', maxVersionLevel: 1, upgradeType: 1 }
    const updated = await kafka.client.send(updateFeatures, 1, { timeoutMs: 5000, featureUpdates: [update] })
    expect(updated.errorCode).toBe(NONE)
  })
})
