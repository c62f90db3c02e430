import { describe, expect, test } from 'vitest'
import { alterShareGroupOffsets, ErrorCode } from '#libs/kafka-protocol'
import { until } from '../support/until.ts'
import { batch } from './batch.ts'
import { deadLettersOn, deadLetterTopic } from './dead-letters.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { AcknowledgeType, earliestGroup, ShareMember } from './share-member.ts'
import { TransactionalProducer } from './transactional-producer.ts'

/** The shortest lock that there may be, so that nobody waits for it for long. */
const kafka = kafkaUnderTest({
  'group.share.min.record.lock.duration.ms': 1000,
  'group.share.record.lock.duration.ms': 1000,
  'group.share.min.session.timeout.ms': 1000,
  'group.share.session.timeout.ms': 1000,
})
const { accept, release, reject, renew } = AcknowledgeType

async function topicWith(...values: readonly string[]): Promise<TestTopic> {
  const topic = await kafka.topic()
  await kafka.append(topic, batch(values))
  return topic
}

describe('kill -9', () => {
  test('brings back nothing that was acknowledged, and all that was acquired', async () => {
    const topic = await topicWith('accepted', 'rejected', 'released', 'held')
    const groupId = await earliestGroup(kafka, { 'share.session.timeout.ms': '60000' })
    const member = await ShareMember.joined(kafka, groupId, topic)
    await member.receive(topic)
    expect(await member.acknowledge(topic, [0, 2, accept, reject, release])).toBe(ErrorCode.NONE)
    await kafka.killAndRestart()
    const other = await ShareMember.joined(kafka, groupId, topic)
    const found = await other.receive(topic)
    expect(found.values).toEqual(['released', 'held'])
    // The first has come a second time, the other one's delivery was nowhere written down.
    expect(found.acquired).toEqual([
      [2, 2, 2],
      [3, 3, 1],
    ])
  })

  test('leaves the members what they are, and the settings of their group', async () => {
    const topic = await topicWith('old')
    const groupId = await earliestGroup(kafka, { 'share.session.timeout.ms': '60000' })
    const { memberId, memberEpoch } = await ShareMember.joined(kafka, groupId, topic)
    await kafka.killAndRestart()
    const member = await ShareMember.of(kafka, groupId, memberId)
    const answer = await member.heartbeat(null, memberEpoch)
    expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch })
    expect(answer.assignment!.topicPartitions).toEqual([{ topicId: topic.topicId, partitions: [0] }])
    expect((await member.receive(topic)).values).toEqual(['old'])
  })
})

test('whatever was rejected has its dead letter, though the broker is killed before it is written', async () => {
  const values = Array.from({ length: 200 }, (_, i) => `${i}`)
  const topic = await topicWith(...values)
  const letters = await deadLetterTopic(kafka)
  const groupId = await earliestGroup(kafka, {
    ...{ 'share.session.timeout.ms': '60000', 'errors.deadletterqueue.topic.name': letters.name },
    'errors.deadletterqueue.copy.record.enable': 'true',
  })
  const rejected: string[] = []
  for (let life = 0; life < 4; life++) {
    const member = await ShareMember.joined(kafka, groupId, topic)
    const found = await member.receive(topic, { maxRecords: 50, mode: 1 })
    for (const [first, last] of found.acquired) {
      expect(await member.acknowledge(topic, [first, last, reject])).toBe(ErrorCode.NONE)
    }
    rejected.push(...found.values)
    await kafka.killAndRestart()
  }
  expect(rejected).toEqual(values)
  const written = await until('the last dead letter', async () => {
    const found = await deadLettersOn(kafka, letters)
    return found.some(({ value }) => value === values.at(-1)) ? found : undefined
  })
  // At least once: whoever died may have written it, and not that it had.
  expect([...new Set(written.map(({ value }) => value))]).toEqual(values)
})

describe('locks', () => {
  test('run out: the records go to others, and the deliveries count', async () => {
    const topic = await topicWith('a', 'b')
    const groupId = await earliestGroup(kafka, { 'share.session.timeout.ms': '60000' })
    const slow = await ShareMember.joined(kafka, groupId, topic)
    const other = await ShareMember.joined(kafka, groupId, topic)
    await slow.receive(topic)
    expect((await other.fetch(topic, { maxWaitMs: 30_000 })).acquired).toEqual([[0, 1, 2]])
    expect(await slow.acknowledge(topic, [0, 1, accept])).toBe(ErrorCode.INVALID_RECORD_STATE)
  })

  test('that are renewed do not', async () => {
    const topic = await topicWith('renewed', 'left')
    const groupId = await earliestGroup(kafka, { 'share.session.timeout.ms': '60000' })
    const busy = await ShareMember.joined(kafka, groupId, topic)
    const other = await ShareMember.joined(kafka, groupId, topic)
    await busy.receive(topic)
    const renewed = async () => {
      const answer = await busy.acknowledgeAll(topic, [[0, 0, renew]], { isRenewAck: true })
      return answer.responses[0]!.partitions[0]!.errorCode
    }
    await until('the lock of what was left', async () => {
      expect(await renewed()).toBe(ErrorCode.NONE)
      const { values } = await other.fetch(topic)
      expect(values).not.toContain('renewed')
      return values.includes('left') || undefined
    })
    expect(await busy.acknowledge(topic, [0, 0, accept])).toBe(ErrorCode.NONE)
  })

  test('and members of whom nothing is heard are gone', async () => {
    const topic = await topicWith('a')
    const silent = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
    await expect
      .poll(async () => (await silent.heartbeat()).errorCode, { interval: 1500, timeout: 20_000 })
      .toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})

test('what a member held is there for others as soon as it has left', async () => {
  const topic = await topicWith('a')
  const groupId = await earliestGroup(kafka, { 'share.record.lock.duration.ms': '60000' })
  const one = await ShareMember.joined(kafka, groupId, topic)
  const other = await ShareMember.joined(kafka, groupId, topic)
  await one.receive(topic)
  await one.leave()
  expect((await other.fetch(topic)).acquired).toEqual([[0, 0, 2]])
})

test('a group goes on where it was set to', async () => {
  const topic = await topicWith('a', 'b', 'c')
  const groupId = await earliestGroup(kafka)
  const member = await ShareMember.joined(kafka, groupId, topic)
  await member.receive(topic)
  await member.acknowledge(topic, [0, 2, accept])
  await member.leave()
  const topics = [{ topicName: topic.name, partitions: [{ partitionIndex: 0, startOffset: 1 }] }]
  expect((await kafka.client.send(alterShareGroupOffsets, 0, { groupId, topics })).errorCode).toBe(ErrorCode.NONE)
  const again = await ShareMember.joined(kafka, groupId, topic)
  expect((await again.receive(topic)).acquired).toEqual([[1, 2, 1]])
})

test('a transaction commits no offsets of a share group', async () => {
  const topic = await topicWith('a')
  const { groupId } = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
  const producer = await TransactionalProducer.start(kafka)
  expect(await producer.commitOffset(groupId, topic, 1)).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})
