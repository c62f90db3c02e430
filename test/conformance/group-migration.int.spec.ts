import { expect, test } from 'vitest'
import { ErrorCode, listGroups } from '#libs/kafka-protocol'
import { until } from '../support/until.ts'
import { ClassicConsumer } from './classic-consumer.ts'
import { ConsumerMember, describeGroup } from './consumer-member.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest({ 'group.consumer.assignment.interval.ms': 0 })
const { NONE, REBALANCE_IN_PROGRESS } = ErrorCode

const typeOf = async (groupId: string) => {
  const { groups } = await kafka.client.send(listGroups, 5, { statesFilter: [], typesFilter: [] })
  return groups.find((group) => group.groupId === groupId)?.groupType
}

/** They keep up until each of them reads one partition, and nobody the same. */
async function divided(classic: ClassicConsumer, member: ConsumerMember): Promise<void> {
  await until('one partition for each', async () => {
    await member.heartbeat()
    await classic.keepUp()
    return (classic.reads.length === 1 && member.count === 1) || undefined
  })
  expect([...classic.reads, ...member.assigned[0]!.partitions].sort()).toEqual([0, 1])
}

test('a classic group goes over with its first member of the consumer protocol, and back with its last', async () => {
  const topic = await kafka.topic({ partitions: 2 })
  const classic = await ClassicConsumer.of(kafka, kafka.name('group'), topic)
  const { groupId } = classic
  expect(await classic.join()).toMatchObject({ errorCode: NONE, leader: classic.memberId })
  expect(await classic.sync([0, 1])).toBe(NONE)
  const generation = classic.generation

  const member = await ConsumerMember.of(kafka, groupId)
  expect(await member.join([topic.name])).toMatchObject({ errorCode: NONE, memberEpoch: generation + 1 })
  expect(member.count).toBe(0)
  expect(await typeOf(groupId)).toBe('consumer')
  const { members } = await describeGroup(kafka, groupId)
  const found = members.find(({ memberId }) => memberId === classic.memberId)
  expect(found).toMatchObject({ memberEpoch: generation, memberType: 0, subscribedTopicNames: [topic.name] })
  expect(found!.assignment.topicPartitions).toMatchObject([{ topicName: topic.name, partitions: [0, 1] }])

  expect(await classic.heartbeat()).toBe(REBALANCE_IN_PROGRESS)
  expect(await classic.sync()).toBe(REBALANCE_IN_PROGRESS)
  // It says that it reads both, and is left one; until it has joined with that, the other is nobody's.
  expect(await classic.join()).toMatchObject({ errorCode: NONE, leader: '' })
  expect(classic.generation).toBe(generation)
  expect(await classic.sync()).toBe(NONE)
  expect(classic.reads).toHaveLength(1)
  await member.heartbeat()
  expect(member.count).toBe(0)
  expect(await classic.heartbeat()).toBe(REBALANCE_IN_PROGRESS)
  await divided(classic, member)
  expect(classic.generation).toBe(generation + 1)

  await member.leave()
  expect(await typeOf(groupId)).toBe('classic')
  expect(await classic.heartbeat()).toBe(REBALANCE_IN_PROGRESS)
  expect(await classic.join()).toMatchObject({ errorCode: NONE, leader: classic.memberId })
  expect(await classic.sync([0, 1])).toBe(NONE)
  expect(await classic.heartbeat()).toBe(NONE)
})

test('a classic consumer joins a group of the consumer protocol, is given its part, and leaves', async () => {
  const topic = await kafka.topic({ partitions: 2 })
  const member = await ConsumerMember.joined(kafka, kafka.name('group'), topic, 2)
  const classic = await ClassicConsumer.of(kafka, member.groupId, topic)
  expect(await classic.join()).toMatchObject({ errorCode: NONE, leader: '' })
  expect(await classic.sync()).toBe(NONE)
  expect(classic.reads).toEqual([])
  await divided(classic, member)
  expect(await classic.heartbeat()).toBe(NONE)
  expect(await classic.heartbeat(classic.generation + 1)).toBe(ErrorCode.ILLEGAL_GENERATION)
  const unknown = await ClassicConsumer.of(kafka, member.groupId, topic)
  unknown.memberId = member.memberId
  unknown.generation = member.memberEpoch
  expect(await unknown.heartbeat()).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(await classic.leave()).toBe(NONE)
  await member.reads(2)
  expect(await typeOf(member.groupId)).toBe('consumer')
})
