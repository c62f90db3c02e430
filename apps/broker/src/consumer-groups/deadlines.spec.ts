import { beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import type { ConsumerHeartbeat, HeartbeatAnswer } from './heartbeat.ts'
import { byTopic, keysOf } from './partitions.ts'

const SESSION_MS = 45_000
const REBALANCE_MS = 10_000
let clock: ManualClock
let broker: Broker

beforeEach(async () => {
  clock = new ManualClock()
  broker = await Broker.open({ settings: new LiveSettings({}), clock, fs: new MemoryFileSystem(), dataDir: '/data' })
  await broker.controller.createTopic('t', 2, {})
})

const send = (memberId: string, memberEpoch: number, change: Partial<ConsumerHeartbeat> = {}) => {
  const isJoining = memberEpoch === 0
  const said = { rebalanceTimeoutMs: isJoining ? REBALANCE_MS : -1, subscribedTopicNames: isJoining ? ['t'] : null }
  const unsaid = { instanceId: null, rackId: null, subscribedTopicRegex: null, serverAssignor: null }
  const client = { clientId: 'c', clientHost: '/h' }
  const heartbeat = { memberId, memberEpoch, ...said, ...unsaid, ...client, topicPartitions: isJoining ? [] : null }
  return broker.groups.consumer.heartbeat('g', { ...heartbeat, ...change }, 1)
}
const count = (answer: HeartbeatAnswer) =>
  'assignment' in answer && answer.assignment !== null ? keysOf(answer.assignment).length : undefined
const members = () => [...broker.groups.consumer.find('g')!.members.keys()]

test('assignments follow each other no sooner than the interval says, but for the first', async () => {
  expect(count(await send('a', 0))).toBe(2)
  expect(await send('b', 0)).toMatchObject({ memberEpoch: 2, assignment: [] })
  expect(count(await send('a', 2))).toBeUndefined()
  clock.pass(1000)
  expect(count(await send('a', 2))).toBe(1)
  // A group that was empty is assigned at once.
  await send('a', -1)
  await send('b', -1)
  expect(count(await send('c', 0))).toBe(2)
})

test('a session is counted on the steady clock, from the last heartbeat', async () => {
  await send('a', 0)
  clock.step(7 * 24 * 3_600_000)
  clock.pass(SESSION_MS - 1)
  expect(await send('a', 2)).toMatchObject({ errorCode: ErrorCode.NONE })
  clock.pass(SESSION_MS - 1)
  expect(members()).toEqual(['a'])
  clock.pass(1)
  expect(members()).toEqual([])
})

test('who does not give up what it should is out after its rebalance timeout, whatever it says', async () => {
  await send('a', 0)
  clock.pass(1000)
  await send('b', 0)
  const all = byTopic(broker.groups.consumer.find('g')!.members.get('a')!.assigned.keys())
  expect(count(await send('a', 2))).toBe(1)
  clock.pass(REBALANCE_MS - 1)
  expect(await send('a', 2, { topicPartitions: all })).toMatchObject({ errorCode: ErrorCode.NONE })
  clock.pass(1)
  expect(members()).toEqual(['b'])
  expect(await send('a', 2)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
})

test('a group takes no more members than it may', async () => {
  Object.assign(broker.settings, { 'group.consumer.max.size': 1 })
  await send('a', 0)
  expect(await send('b', 0)).toMatchObject({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED })
  expect(await send('a', 0)).toMatchObject({ errorCode: ErrorCode.NONE })
})

test('offsets are kept while somebody subscribes to their topic, and the group as long as its offsets', async () => {
  await send('a', 0)
  const offset = { topic: 't', partition: 0, offset: 5, leaderEpoch: -1, metadata: '', committedAt: clock.now() }
  const commit = { memberId: 'a', instanceId: null, generation: 2, offsets: [offset] }
  expect(await broker.groups.commit('g', commit)).toEqual([ErrorCode.NONE])
  const week = 7 * 24 * 3_600_000
  for (let beat = 0; beat * 30_000 <= week; beat += 1000) {
    clock.pass(30_000)
    await send('a', 2)
    clock.step(30_000 * 999)
  }
  await broker.groups.expireOffsets()
  expect(broker.groups.offsetsOf('g').committed.size).toBe(1)
  await send('a', -1)
  await broker.groups.expireOffsets()
  expect(broker.groups.offsetsOf('g').committed.size).toBe(0)
  expect(broker.groups.has('g')).toBe(false)
})
