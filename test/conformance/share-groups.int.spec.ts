import { describe, expect, test } from 'vitest'
import {
  alterShareGroupOffsets,
  deleteGroups,
  deleteRecords,
  deleteShareGroupOffsets,
  describeShareGroupOffsets,
  ErrorCode,
  findCoordinator,
  joinGroup,
  listGroups,
  offsetCommit,
  shareGroupDescribe,
} from '#libs/kafka-protocol'
import { until } from '../support/until.ts'
import { batch } from './batch.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { AcknowledgeType, earliestGroup, ShareMember } from './share-member.ts'
import { TransactionalProducer } from './transactional-producer.ts'

const kafka = kafkaUnderTest()
const { accept, release, reject, renew } = AcknowledgeType
const { NONE, INVALID_REQUEST, INVALID_RECORD_STATE, SHARE_SESSION_NOT_FOUND } = ErrorCode

/** A topic with a batch for each of these lists of values. */
async function topicWith(...batches: readonly (readonly string[])[]): Promise<TestTopic> {
  const topic = await kafka.topic()
  for (const values of batches) await kafka.append(topic, batch(values))
  return topic
}

const startOf = async (groupId: string, topic: TestTopic) => {
  const groups = [{ groupId, topics: [{ topicName: topic.name, partitions: [0] }] }]
  const [group] = (await kafka.client.send(describeShareGroupOffsets, 1, { groups })).groups
  return group!.topics[0]!.partitions[0]!.startOffset
}
const eventually = (check: () => unknown) => expect.poll(check, { timeout: 20_000, interval: 50 })

describe('members', () => {
  test('join, are assigned their partitions, are described, and leave', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const groupId = kafka.name('share')
    const member = await ShareMember.joined(kafka, groupId, topic, 2)
    expect(member.assigned).toEqual([{ topicId: topic.topicId, partitions: [0, 1] }])
    const describe = async () => {
      return (await kafka.client.send(shareGroupDescribe, 1, { groupIds: [groupId] })).groups[0]!
    }
    expect(await describe()).toMatchObject({ errorCode: NONE, groupId, groupState: 'Stable', assignorName: 'simple' })
    const [described] = (await describe()).members
    expect(described).toMatchObject({ memberId: member.memberId, subscribedTopicNames: [topic.name] })
    expect(described!.assignment.topicPartitions).toMatchObject([{ topicName: topic.name, partitions: [0, 1] }])
    expect(await member.leave()).toMatchObject({ errorCode: NONE, memberEpoch: -1 })
    expect(await describe()).toMatchObject({ groupState: 'Empty', members: [] })
  })

  test('more than there are partitions share them', async () => {
    const topic = await kafka.topic()
    const groupId = kafka.name('share')
    const one = await ShareMember.joined(kafka, groupId, topic)
    const other = await ShareMember.joined(kafka, groupId, topic)
    await one.isAssigned(1)
    expect(other.assigned).toEqual(one.assigned)
  })

  test('keep what they read when others come and go', async () => {
    const topic = await kafka.topic({ partitions: 4 })
    const partitionsOf = ({ assigned }: ShareMember) => assigned.flatMap(({ partitions }) => partitions).sort()
    const one = await ShareMember.joined(kafka, kafka.name('share'), topic, 4)
    const other = await ShareMember.of(kafka, one.groupId)
    await other.heartbeat([topic.name])
    await other.isAssigned(2)
    await one.isAssigned(2)
    const [mine, theirs] = [partitionsOf(one), partitionsOf(other)]
    expect([...mine, ...theirs].sort()).toEqual([0, 1, 2, 3])
    const third = await ShareMember.of(kafka, one.groupId)
    await third.heartbeat([topic.name])
    await until('a partition for the third', async () => {
      for (const member of [one, other, third]) await member.heartbeat()
      return [one, other, third].flatMap(partitionsOf).length === 4 || undefined
    })
    expect(mine).toEqual(expect.arrayContaining(partitionsOf(one)))
    expect(theirs).toEqual(expect.arrayContaining(partitionsOf(other)))
    const kept = partitionsOf(one)
    await third.leave()
    await one.isAssigned(2)
    expect(partitionsOf(one)).toEqual(expect.arrayContaining(kept))
  })

  test('are as many on each partition', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const one = await ShareMember.joined(kafka, kafka.name('share'), topic, 2)
    const members = [one, await ShareMember.of(kafka, one.groupId), await ShareMember.of(kafka, one.groupId)]
    for (const member of members) await member.heartbeat([topic.name])
    await until('two members for each partition', async () => {
      for (const member of members) await member.heartbeat()
      const all = members.flatMap(({ assigned }) => assigned).flatMap(({ partitions }) => partitions)
      return all.sort().join() === '0,0,1,1' || undefined
    })
  })

  test('with a wrong epoch are fenced, unknown ones are told so', async () => {
    const topic = await kafka.topic()
    const member = await ShareMember.joined(kafka, kafka.name('share'), topic)
    const epoch = member.memberEpoch
    expect(await member.heartbeat(null, epoch + 10)).toMatchObject({ errorCode: ErrorCode.FENCED_MEMBER_EPOCH })
    const stranger = await ShareMember.of(kafka, member.groupId)
    expect(await stranger.heartbeat(null, 1)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    const lonely = await ShareMember.of(kafka, kafka.name('share'))
    expect(await lonely.heartbeat(null, 1)).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
    expect(await lonely.heartbeat(null, 0)).toMatchObject({ errorCode: INVALID_REQUEST })
  })

  test('of a classic group cannot be in a share group of that name', async () => {
    const topic = await kafka.topic()
    const { groupId } = await ShareMember.joined(kafka, kafka.name('share'), topic)
    const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
    const request = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '', protocols }
    const answer = await kafka.client.send(joinGroup, 9, {
      ...request,
      groupInstanceId: null,
      protocolType: 'consumer',
    })
    expect(answer.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }]
    const commit = { groupId, memberId: '', generationIdOrMemberEpoch: -1, groupInstanceId: null }
    const topics = [{ name: topic.name, partitions }]
    const committed = await kafka.client.send(offsetCommit, 9, { ...commit, topics })
    expect(committed.topics[0]!.partitions[0]!.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })
})

describe('the group', () => {
  test('is listed with its type, and deleted when it is empty', async () => {
    const topic = await kafka.topic()
    const member = await ShareMember.joined(kafka, kafka.name('share'), topic)
    const { groupId } = member
    const listed = async (...types: string[]) => {
      const { groups } = await kafka.client.send(listGroups, 5, { statesFilter: [], typesFilter: types })
      return groups.filter((group) => group.groupId === groupId)
    }
    expect(await listed('share')).toMatchObject([{ groupType: 'share', protocolType: 'share', groupState: 'Stable' }])
    expect(await listed()).toHaveLength(1)
    expect(await listed('classic')).toEqual([])
    const deleted = async () => {
      return (await kafka.client.send(deleteGroups, 2, { groupsNames: [groupId] })).results[0]!.errorCode
    }
    expect(await deleted()).toBe(ErrorCode.NON_EMPTY_GROUP)
    await member.leave()
    expect(await deleted()).toBe(NONE)
    expect(await listed()).toEqual([])
  })

  test('has a coordinator for each of its partitions', async () => {
    const topic = await kafka.topic()
    const id = Buffer.from(topic.topicId, 'hex').toString('base64url')
    const request = { keyType: 2, coordinatorKeys: [`group:${id}:0`] }
    await eventually(async () => {
      return (await kafka.client.send(findCoordinator, 6, request)).coordinators[0]!.errorCode
    }).toBe(NONE)
  })
})

describe('records', () => {
  test('go to one member at a time, and what is accepted never comes again', async () => {
    const topic = await topicWith(['a', 'b'], ['c'])
    const groupId = await earliestGroup(kafka)
    const one = await ShareMember.joined(kafka, groupId, topic)
    const other = await ShareMember.joined(kafka, groupId, topic)
    expect(await one.receive(topic)).toMatchObject({ values: ['a', 'b', 'c'], acquired: [[0, 2, 1]] })
    expect((await other.fetch(topic)).acquired).toEqual([])
    expect(await one.acknowledge(topic, [0, 2, accept])).toBe(NONE)
    await kafka.append(topic, batch(['d']))
    expect(await other.receive(topic)).toMatchObject({ values: ['d'], acquired: [[3, 3, 1]] })
  })

  test('begin where the log ends unless the group says otherwise', async () => {
    const topic = await topicWith(['old'])
    const member = await ShareMember.joined(kafka, kafka.name('share'), topic)
    await member.fetch(topic, { maxWaitMs: 500 })
    await kafka.append(topic, batch(['new']))
    expect((await member.receive(topic)).values).toEqual(['new'])
  })

  test('that are released come again and count, those that are rejected do not', async () => {
    const topic = await topicWith(['a', 'b', 'c', 'd'])
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    await member.receive(topic)
    expect(await member.acknowledge(topic, [0, 3, accept, release, reject, release])).toBe(NONE)
    const again = await member.receive(topic)
    expect(again.values).toEqual(['b', 'd'])
    expect(again.acquired).toEqual([
      [1, 1, 2],
      [3, 3, 2],
    ])
  })

  test('are given up after so many deliveries', async () => {
    const topic = await topicWith(['poison'])
    const groupId = await earliestGroup(kafka, { 'share.delivery.count.limit': '2' })
    const member = await ShareMember.joined(kafka, groupId, topic)
    for (const deliveryCount of [1, 2]) {
      expect((await member.receive(topic)).acquired).toEqual([[0, 0, deliveryCount]])
      expect(await member.acknowledge(topic, [0, 0, release])).toBe(NONE)
    }
    await kafka.append(topic, batch(['next']))
    expect((await member.receive(topic)).values).toEqual(['next'])
  })

  test('are acknowledged on the way of a fetch', async () => {
    const topic = await topicWith(['a'], ['b'])
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    expect((await member.receive(topic, { maxRecords: 1 })).values).toEqual(['a'])
    const next = await member.fetch(topic, { acknowledge: [[0, 0, accept]], maxWaitMs: 5000 })
    expect(next).toMatchObject({ values: ['b'], acknowledgeErrorCode: NONE })
  })

  test('are waited for', async () => {
    const topic = await topicWith()
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    await member.fetch(topic)
    const waiting = member.receive(topic, { maxWaitMs: 30_000 })
    await kafka.append(topic, batch(['late']))
    expect((await waiting).values).toEqual(['late'])
  })

  test('are no more than asked for in the mode record_limit', async () => {
    const topic = await topicWith(['a', 'b', 'c'])
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    expect((await member.receive(topic, { maxRecords: 2, mode: 1 })).acquired).toEqual([[0, 1, 1]])
    expect((await member.receive(topic, { maxRecords: 2, mode: 1 })).acquired).toEqual([[2, 2, 1]])
  })

  test('are whole batches otherwise', async () => {
    const topic = await topicWith(['a', 'b', 'c'], ['d'])
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    expect((await member.receive(topic, { maxRecords: 1 })).acquired).toEqual([[0, 2, 1]])
  })
})

describe('acknowledgements', () => {
  test('of what is not acquired, or by another member, are refused as a whole', async () => {
    const topic = await topicWith(['a', 'b'])
    const groupId = await earliestGroup(kafka)
    const one = await ShareMember.joined(kafka, groupId, topic)
    const other = await ShareMember.joined(kafka, groupId, topic)
    expect((await other.receive(topic, { maxRecords: 1, mode: 1 })).acquired).toEqual([[0, 0, 1]])
    await one.receive(topic)
    expect(await one.acknowledge(topic, [0, 1, accept])).toBe(INVALID_RECORD_STATE)
    expect(await one.acknowledge(topic, [1, 1, accept])).toBe(NONE)
    expect(await one.acknowledge(topic, [1, 1, accept])).toBe(INVALID_RECORD_STATE)
  })

  test('that make no sense are refused', async () => {
    const topic = await topicWith(['a', 'b'])
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    await member.receive(topic)
    expect(await member.acknowledge(topic, [1, 0, accept])).toBe(INVALID_REQUEST)
    expect(await member.acknowledge(topic, [0, 1])).toBe(INVALID_REQUEST)
    expect(await member.acknowledge(topic, [0, 1, 9])).toBe(INVALID_REQUEST)
    expect(await member.acknowledge(topic, [0, 1, accept, accept, accept])).toBe(INVALID_REQUEST)
    expect(await member.acknowledge(topic, [0, 1, renew])).toBe(INVALID_REQUEST)
    expect(await member.acknowledge(topic, [0, 1, accept])).toBe(NONE)
  })

  test('may renew locks', async () => {
    const topic = await topicWith(['a'])
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    await member.receive(topic)
    const answer = await member.acknowledgeAll(topic, [[0, 0, renew]], { isRenewAck: true })
    expect(answer).toMatchObject({ errorCode: NONE, acquisitionLockTimeoutMs: 30_000 })
    expect(answer.responses[0]!.partitions[0]!.errorCode).toBe(NONE)
    expect(await member.acknowledge(topic, [0, 0, accept])).toBe(NONE)
  })
})

describe('share sessions', () => {
  test('count requests', async () => {
    const topic = await topicWith(['a'])
    const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    const errorOf = async (epoch: number) => (await member.fetchAll(topic, { epoch })).errorCode
    expect(await errorOf(1)).toBe(ErrorCode.SHARE_SESSION_NOT_FOUND)
    expect(await errorOf(0)).toBe(NONE)
    expect(await errorOf(2)).toBe(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
    expect(await errorOf(1)).toBe(NONE)
    expect((await member.acknowledgeAll(topic, [], { epoch: 0 })).errorCode).toBe(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
    const early = await member.fetchAll(topic, { epoch: 0, acknowledge: [[0, 0, accept]] })
    expect(early.errorCode).toBe(INVALID_REQUEST)
  })

  test('release what was acquired when they end, and that delivery counts', async () => {
    const topic = await topicWith(['a', 'b'])
    const groupId = await earliestGroup(kafka)
    const one = await ShareMember.joined(kafka, groupId, topic)
    const other = await ShareMember.joined(kafka, groupId, topic)
    await one.receive(topic)
    const last = await one.acknowledgeAll(topic, [[0, 0, accept]], { epoch: -1 })
    expect(last.responses[0]!.partitions[0]!.errorCode).toBe(NONE)
    expect((await other.receive(topic)).acquired).toEqual([[1, 1, 2]])
  })

  test('end with their connection', async () => {
    const topic = await topicWith(['a'])
    const groupId = await earliestGroup(kafka)
    const one = await ShareMember.joined(kafka, groupId, topic)
    const other = await ShareMember.joined(kafka, groupId, topic)
    await one.receive(topic)
    one.client.close()
    expect((await other.receive(topic)).acquired).toEqual([[0, 0, 2]])
  })
})

describe('transactions', () => {
  test('that are open or were aborted are not seen by a group that reads committed records, nor are markers', async () => {
    const topic = await topicWith(['before'])
    const groupId = await earliestGroup(kafka, { 'share.isolation.level': 'read_committed' })
    const member = await ShareMember.joined(kafka, groupId, topic)
    const producer = await TransactionalProducer.start(kafka)
    await producer.write(topic, ['aborted'])
    expect((await member.receive(topic)).values).toEqual(['before'])
    await producer.end(false)
    await producer.write(topic, ['committed'])
    expect((await member.fetch(topic)).values).toEqual([])
    await producer.end(true)
    await kafka.append(topic, batch(['after']))
    const values: string[] = []
    while (values.length < 2) values.push(...(await member.receive(topic)).values)
    expect(values).toEqual(['committed', 'after'])
  })
})

describe('where a group begins', () => {
  test('moves on with what is done, and with the start of the log', async () => {
    const topic = await topicWith(['a'], ['b'], ['c'], ['d'])
    const groupId = await earliestGroup(kafka)
    const member = await ShareMember.joined(kafka, groupId, topic)
    await member.receive(topic)
    expect(await member.acknowledge(topic, [0, 0, accept])).toBe(NONE)
    expect(await member.acknowledge(topic, [1, 1, accept])).toBe(NONE)
    // Kafka tells where it began before the last of them.
    await eventually(() => startOf(groupId, topic)).toBeGreaterThan(0)
    const partitions = [{ partitionIndex: 0, offset: 3 }]
    await kafka.client.send(deleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 5000 })
    // What lies before the start of the log is done with, whoever holds it.
    expect(await member.acknowledge(topic, [2, 3, release])).toBe(NONE)
    expect((await member.receive(topic)).values).toEqual(['d'])
  })

  test('is set, and forgotten, when the group is empty', async () => {
    const topic = await topicWith(['a'], ['b'], ['c'])
    const groupId = await earliestGroup(kafka)
    const member = await ShareMember.joined(kafka, groupId, topic)
    await member.receive(topic)
    await member.acknowledge(topic, [0, 2, accept])
    const topics = [{ topicName: topic.name, partitions: [{ partitionIndex: 0, startOffset: 1 }] }]
    const alter = async () => (await kafka.client.send(alterShareGroupOffsets, 0, { groupId, topics })).errorCode
    const forget = async () => {
      return kafka.client.send(deleteShareGroupOffsets, 0, { groupId, topics: [{ topicName: topic.name }] })
    }
    expect(await alter()).toBe(ErrorCode.NON_EMPTY_GROUP)
    expect((await forget()).errorCode).toBe(ErrorCode.NON_EMPTY_GROUP)
    await member.acknowledgeAll(topic, [], { epoch: -1 })
    await member.leave()
    expect(await alter()).toBe(NONE)
    await eventually(() => startOf(groupId, topic)).toBe(1)
    expect(await forget()).toMatchObject({ errorCode: NONE, responses: [{ errorCode: NONE }] })
    await eventually(() => startOf(groupId, topic)).toBe(-1)
  })

  test('may be set before anybody has joined it, and is nowhere until then', async () => {
    const topic = await topicWith(['a'], ['b'])
    const groupId = kafka.name('share')
    expect(await startOf(groupId, topic)).toBe(-1)
    const early = await ShareMember.of(kafka, groupId)
    expect(await early.acknowledgeAll(topic, [], { epoch: 1 })).toMatchObject({ errorCode: SHARE_SESSION_NOT_FOUND })
    expect(await early.fetch(topic)).toMatchObject({ values: [], acquired: [] })
    const topics = [{ topicName: topic.name, partitions: [{ partitionIndex: 0, startOffset: 1 }] }]
    const { errorCode } = await kafka.client.send(alterShareGroupOffsets, 0, { groupId, topics })
    expect(errorCode).toBe(NONE)
    await eventually(() => startOf(groupId, topic)).toBe(1)
    const [group] = (await kafka.client.send(shareGroupDescribe, 1, { groupIds: [groupId] })).groups
    expect(group).toMatchObject({ errorCode: NONE, groupState: 'Empty', groupEpoch: 1 })
  })
})
