import { beforeEach, expect, test } from 'vitest'
import { ErrorCode, writeAssignment, writeSubscription } from '#libs/kafka-protocol'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { JOIN_EPOCH, LEAVE_EPOCH } from './heartbeat.ts'

let clock: ManualClock
let fs: MemoryFileSystem
let broker: Broker

const open = () => Broker.open({ settings: new LiveSettings({}), clock, fs, dataDir: '/data' })

beforeEach(async () => {
  clock = new ManualClock()
  fs = new MemoryFileSystem()
  broker = await open()
  await broker.controller.createTopic('t', 2, {})
})

const NOTHING = { userData: null, ownedPartitions: [] }

/** A classic group with one member, which reads what its leader, itself, has given it. */
async function classicGroup({ metadata = writeSubscription(1, { topics: ['t'], ...NOTHING }), userData = '' } = {}) {
  const joining = broker.groups.join('g', {
    ...{ memberId: '', newMemberId: 'classic', instanceId: null, clientId: 'c', clientHost: '/h' },
    ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer' },
    ...{ protocols: [{ name: 'p', metadata }], requiresMemberId: false, canSkipAssignment: false },
  })
  clock.pass(3000)
  const { memberId, generation } = await joining
  const assignedPartitions = [{ topic: 't', partitions: [0, 1] }]
  const assignment = writeAssignment(1, {
    assignedPartitions,
    userData: userData === '' ? null : Buffer.from(userData),
  })
  const who = { memberId, instanceId: null, generation, protocolType: null, protocol: null }
  await broker.groups.sync('g', { ...who, assignments: [{ memberId, assignment }] })
}

const send = (memberEpoch: number) =>
  broker.groups.consumer.heartbeat(
    'g',
    {
      ...{ memberId: 'm', memberEpoch, instanceId: null, rackId: null, rebalanceTimeoutMs: 10_000, clientId: 'c' },
      ...{ clientHost: '/h', subscribedTopicNames: ['t'], subscribedTopicRegex: null, serverAssignor: null },
      topicPartitions: [],
    },
    1,
  )
const join = () => send(JOIN_EPOCH)
const leave = () => send(LEAVE_EPOCH)

test('a classic group is taken along, and its member reads what it has read', async () => {
  await classicGroup()
  expect(await join()).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch: 2, assignment: [] })
  const { members } = broker.groups.consumer.find('g')!
  expect(members.get('classic')).toMatchObject({ epoch: 1, state: 'Stable', topics: ['t'] })
  expect(members.get('classic')!.assigned.size).toBe(2)
  expect(broker.groups.find('g')).toBeUndefined()
})

test.each([
  ['that says what it wants in a way of its own', { metadata: Buffer.from('?') }],
  ['whose assignor keeps something in assignments', { userData: 'state' }],
])('a classic group %s is left alone', async (_, options) => {
  await classicGroup(options)
  expect(await join()).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
  expect(broker.groups.find('g')).toMatchObject({ state: 'Stable' })
})

test('no group is taken along where the policy says so', async () => {
  Object.assign(broker.settings, { 'group.consumer.migration.policy': 'downgrade' })
  await classicGroup()
  expect(await join()).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
})

test('a group that has gone back and is taken along again gives nobody what its classic member may still read', async () => {
  await classicGroup()
  // One of the two partitions is to go to the newcomer, which leaves before the classic member has heard of that.
  await join()
  await leave()
  expect(broker.groups.find('g')).toMatchObject({ state: 'PreparingRebalance' })
  expect(await join()).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch: 3, assignment: [] })
  expect(await broker.groups.leave('g', [{ memberId: 'classic', instanceId: null }])).toEqual([ErrorCode.NONE])
  clock.pass(1000)
  expect(await send(3)).toMatchObject({ assignment: [{ partitions: [0, 1] }] })
})

test('a group that has gone back rebalances though the broker dies before its member hears of that', async () => {
  await classicGroup()
  await join()
  await leave()
  await broker.close()
  broker = await open()
  expect(broker.groups.find('g')).toMatchObject({ state: 'PreparingRebalance', generation: 2 })
  clock.pass(9_000)
  const heartbeat = { memberId: 'classic', instanceId: null, generation: 2 }
  expect(broker.groups.heartbeat('g', heartbeat)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  clock.pass(1_000)
  expect(broker.groups.find('g')).toMatchObject({ state: 'Empty' })
})
