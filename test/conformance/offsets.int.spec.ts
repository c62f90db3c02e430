import { describe, expect, test } from 'vitest'
import {
  deleteGroups,
  deleteTopics,
  ErrorCode,
  findCoordinator,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import { committed, GroupMember, stableGroup } from './group-member.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const { NONE } = ErrorCode

/** A commit as an administrator makes it: without a member or a generation. */
async function commit(groupId: string, topic: string, offsets: Readonly<Record<number, number>>, text = '') {
  const partitions = Object.entries(offsets).map(([partition, committedOffset]) => ({
    ...{ partitionIndex: Number(partition), committedOffset, committedMetadata: text },
  }))
  const request = { groupId, memberId: '', topics: [{ name: topic, partitions }] }
  const answer = await kafka.client.send(offsetCommit, 8, request)
  return answer.topics[0]!.partitions.map(({ errorCode }) => errorCode)
}

describe('what is committed', () => {
  test('[37] comes back with its metadata', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('group')
    expect(await commit(group, topic.name, { 0: 42 }, 'made on a Monday')).toEqual([NONE])
    expect(await committed(kafka, group, topic.name)).toMatchObject({
      ...{ errorCode: NONE, committedOffset: 42, metadata: 'made on a Monday' },
    })
  })

  test('[37] may have 4096 characters of metadata and no more', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('group')
    expect(await commit(group, topic.name, { 0: 1 }, 'ü'.repeat(4096))).toEqual([NONE])
    const tooLarge = await commit(group, topic.name, { 0: 2 }, 'ü'.repeat(4097))
    expect(tooLarge).toEqual([ErrorCode.OFFSET_METADATA_TOO_LARGE])
    expect((await committed(kafka, group, topic.name)).committedOffset).toBe(1)
  })

  test('[37] by nobody yet is -1, and no error', async () => {
    const topic = await kafka.topic()
    const unknown = await committed(kafka, kafka.name('group'), topic.name)
    expect(unknown).toMatchObject({ errorCode: NONE, committedOffset: -1, metadata: '' })
    const group = kafka.name('group')
    await commit(group, topic.name, { 0: 1 })
    expect(await committed(kafka, group, 'no-such-topic')).toMatchObject({ errorCode: NONE, committedOffset: -1 })
  })

  test('is replaced by what is committed later, also by a smaller offset', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('group')
    for (const offset of [10, 20, 5]) await commit(group, topic.name, { 0: offset })
    expect((await committed(kafka, group, topic.name)).committedOffset).toBe(5)
  })

  test('for a partition that does not exist is refused, for the others of the request it counts', async () => {
    const topic = await kafka.topic()
    const errors = await commit(kafka.name('group'), topic.name, { 0: 1, 9: 1 })
    expect(errors.sort()).toEqual([NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
  })

  test('is listed in full where no topics are named, for several groups at once', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const [one, other] = [kafka.name('group'), kafka.name('group')]
    await commit(one, topic.name, { 0: 1, 1: 2 })
    await commit(other, topic.name, { 1: 3 })
    const groups = [one, other].map((groupId) => ({ groupId, topics: null }))
    const answer = await kafka.client.send(offsetFetch, 8, { groups, requireStable: true })
    const found = answer.groups.map(({ groupId, topics }) => [
      groupId,
      topics.flatMap(({ partitions }) => partitions.map((p) => [p.partitionIndex, p.committedOffset])).sort(),
    ])
    expect(Object.fromEntries(found)).toEqual({
      [one]: [
        [0, 1],
        [1, 2],
      ],
      [other]: [[1, 3]],
    })
  })
})

describe('by topic ids', () => {
  const unknownId = '1'.repeat(32)

  test('offsets are committed and fetched, and an unknown id is told from an unknown partition', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const group = kafka.name('group')
    const { topicId } = topic
    await expect.poll(() => commit(group, topic.name, { 1: 1 })).toEqual([NONE])
    const partitions = [0, 9].map((partitionIndex) => {
      return { partitionIndex, committedOffset: 42, committedMetadata: 'text' }
    })
    const topics = [topicId, unknownId, ZERO_UUID].map((id) => ({ topicId: id, partitions }))
    const commits = await kafka.client.send(offsetCommit, 10, { groupId: group, memberId: '', topics })
    const { UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode
    const errors = commits.topics.map((each) => [
      each.topicId,
      Object.fromEntries(each.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])),
    ])
    expect(Object.fromEntries(errors)).toEqual({
      [topicId]: { 0: NONE, 9: UNKNOWN_TOPIC_OR_PARTITION },
      [unknownId]: { 0: UNKNOWN_TOPIC_ID, 9: UNKNOWN_TOPIC_ID },
      [ZERO_UUID]: { 0: UNKNOWN_TOPIC_ID, 9: UNKNOWN_TOPIC_ID },
    })
    const wanted = [topicId, unknownId].map((id) => ({ topicId: id, partitionIndexes: [0] }))
    const ask = async (asked: typeof wanted | null) => {
      const groups = [{ groupId: group, topics: asked }]
      return (await kafka.client.send(offsetFetch, 10, { groups })).groups[0]!.topics
    }
    const found = new Map((await ask(wanted)).map((each) => [each.topicId, each.partitions]))
    expect(found.get(topicId)).toMatchObject([{ partitionIndex: 0, errorCode: NONE, committedOffset: 42 }])
    expect(found.get(unknownId)).toMatchObject([{ errorCode: UNKNOWN_TOPIC_ID, committedOffset: -1 }])
    const all = (await ask(null)).map((each) => [each.topicId, each.partitions.length])
    expect(all).toEqual([[topicId, 2]])
  })
})

describe('what is not kept', () => {
  test('offsets of a topic go with it', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('group')
    await commit(group, topic.name, { 0: 5 })
    await kafka.client.send(deleteTopics, 5, { topicNames: [topic.name], timeoutMs: 5000 })
    await expect.poll(async () => (await committed(kafka, group, topic.name)).committedOffset).toBe(-1)
  })

  test('offsets can be deleted one by one, but not while the group reads the topic', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const group = kafka.name('group')
    await commit(group, topic.name, { 0: 5, 1: 6 })
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }]
    const answer = await kafka.client.send(offsetDelete, 0, { groupId: group, topics })
    expect(answer.topics[0]!.partitions[0]!.errorCode).toBe(NONE)
    expect((await committed(kafka, group, topic.name)).committedOffset).toBe(-1)
    const unknown = await kafka.client.send(offsetDelete, 0, { groupId: kafka.name('group'), topics })
    expect(unknown.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })

  test('a group with members cannot be deleted, an empty one takes its offsets along', async () => {
    const topic = await kafka.topic()
    const [member] = await stableGroup(kafka, 1)
    const { groupId } = member!
    await member!.commit(topic.name, 5)
    const deletion = async (name: string) => {
      const answer = await kafka.client.send(deleteGroups, 2, { groupsNames: [name] })
      return answer.results[0]!.errorCode
    }
    expect(await deletion(groupId)).toBe(ErrorCode.NON_EMPTY_GROUP)
    await member!.leave()
    expect(await deletion(groupId)).toBe(NONE)
    expect((await committed(kafka, groupId, topic.name)).committedOffset).toBe(-1)
    expect(await deletion(groupId)).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })

  test('[38] offsets of a group that has become empty are still there', async () => {
    const topic = await kafka.topic()
    const [member] = await stableGroup(kafka, 1)
    await member!.commit(topic.name, 5)
    await member!.leave()
    expect((await committed(kafka, member!.groupId, topic.name)).committedOffset).toBe(5)
    const next = await GroupMember.of(kafka, member!.groupId)
    await next.enter()
    expect((await committed(kafka, member!.groupId, topic.name)).committedOffset).toBe(5)
  })
})

test('every group has a coordinator, found one by one or several at once', async () => {
  const keys = [kafka.name('group'), kafka.name('group')]
  const one = await kafka.client.send(findCoordinator, 3, { key: keys[0]!, keyType: 0 })
  expect(one).toMatchObject({ errorCode: NONE })
  expect(`${one.host}:${one.port}`).toBe(kafka.brokers.split(',')[0])
  const several = await kafka.client.send(findCoordinator, 4, { coordinatorKeys: keys, keyType: 0 })
  expect(several.coordinators.map(({ key, errorCode }) => [key, errorCode])).toEqual(keys.map((key) => [key, NONE]))
})
