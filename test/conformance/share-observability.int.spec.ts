import { expect, test } from 'vitest'
import { KafkaView } from '../../apps/console/src/kafka-view.ts'
import { until } from '../support/until.ts'
import { batch } from './batch.ts'
import { deadLettersOn, deadLetterTopic } from './dead-letters.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { AcknowledgeType, configureGroup, earliestGroup, ShareMember } from './share-member.ts'

/** What the bundled broker tells by HTTP about what share groups do. */
const kafka = kafkaUnderTest({
  'group.share.min.record.lock.duration.ms': 1000,
  'group.share.record.lock.duration.ms': 1000,
})
const { accept, release, reject, renew } = AcknowledgeType

/** A group that has accepted, released, rejected with and without a dead letter, and let the locks of three records run out. */
async function busyGroup(topic: TestTopic): Promise<ShareMember> {
  await kafka.append(topic, batch(['accepted', 'released', 'rejected', 'lost', 'renewed', 'held', 'new']))
  const letters = await deadLetterTopic(kafka)
  const groupId = await earliestGroup(kafka, { 'errors.deadletterqueue.topic.name': letters.name })
  const member = await ShareMember.joined(kafka, groupId, topic)
  await member.receive(topic, { maxRecords: 6, mode: 1 })
  await member.acknowledgeAll(topic, [[4, 4, renew]], { isRenewAck: true })
  await member.acknowledge(topic, [0, 2, accept, release, reject])
  await until('the dead letter', async () => (await deadLettersOn(kafka, letters)).length || undefined)
  await configureGroup(kafka, groupId, { 'errors.deadletterqueue.topic.name': 'dlq.missing' })
  await member.acknowledge(topic, [3, 3, reject])
  expect((await member.fetch(topic, { maxWaitMs: 30_000, maxRecords: 1, mode: 1 })).acquired).toEqual([[1, 1, 2]])
  await until('the locks', async () => (await seriesOf(groupId, topic, 'lock_timeouts_total')) === 3 || undefined)
  return member
}

async function seriesOf(groupId: string, topic: TestTopic, name: string, labels = ''): Promise<number | undefined> {
  const lines = (await kafka.http('/metrics')).split('\n')
  const of = `group="${groupId}",topic="${topic.name}"${labels}`
  const line = lines.find((each) => each.startsWith(`broker_share_${name}{${of}}`))
  return line === undefined ? undefined : Number(line.split(' ')[1])
}

test('what a share group does is counted, and it is seen like a consumer group', async () => {
  const topic = await kafka.topic()
  const { groupId, memberId } = await busyGroup(topic)
  for (const [name, labels, value] of [
    ['acquired_total', ',delivery="1"', 6],
    ['acquired_total', ',delivery="2"', 1],
    ['acknowledged_total', ',type="accept"', 1],
    ['acknowledged_total', ',type="release"', 1],
    ['acknowledged_total', ',type="reject"', 2],
    ['acknowledged_total', ',type="renew"', 1],
    ['dead_letters_total', '', 1],
    ['dead_letters_lost_total', '', 1],
    ['lag', ',partition="0"', 4],
    ['window_records', ',partition="0"', 5],
    ['acquired_records', ',partition="0"', 0],
  ] as const) {
    expect([name, labels, await seriesOf(groupId, topic, name, labels)]).toEqual([name, labels, value])
  }
  const group = {
    ...{ groupId: groupId, state: 'Stable', lag: 4 },
    members: [{ memberId, assignment: [{ topic: topic.name, partitions: [0] }] }],
    partitions: [{ topic: topic.name, partition: 0, startOffset: 1, windowSize: 5, acquired: 0, lag: 4 }],
  }
  expect(JSON.parse(await kafka.http(`/share-groups/${groupId}`))).toMatchObject(group)
  expect(JSON.parse(await kafka.http('/'))).toMatchObject({ groups: [], shareGroups: [group] })
})

test('the console has it among the groups', async () => {
  const topic = await kafka.topic()
  await kafka.append(topic, batch(['a', 'b']))
  const member = await ShareMember.joined(kafka, await earliestGroup(kafka), topic)
  await member.receive(topic, { maxRecords: 1, mode: 1 })
  const { items } = await new KafkaView({ brokers: [kafka.brokers], clientId: 'test' }).groups()
  expect(items.find(({ groupId }) => groupId === member.groupId)).toMatchObject({
    ...{ type: 'share', state: 'Stable', lag: 2 },
    members: [{ memberId: member.memberId, assignment: { [topic.name]: [0] } }],
    partitions: [{ topic: topic.name, partition: 0, offset: 0, latest: 2, lag: 2 }],
  })
})
