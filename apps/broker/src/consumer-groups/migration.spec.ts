import { beforeEach, expect, test } from 'vitest'
import { ErrorCode, writeAssignment, writeSubscription } from '#libs/kafka-protocol'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'

let clock: ManualClock
let broker: Broker

beforeEach(async () => {
  clock = new ManualClock()
  broker = await Broker.open({ settings: new LiveSettings({}), clock, fs: new MemoryFileSystem(), dataDir: '/data' })
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

const join = () =>
  broker.groups.consumer.heartbeat(
    'g',
    {
      ...{ memberId: 'm', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: 10_000, clientId: 'c' },
      ...{ clientHost: '/h', subscribedTopicNames: ['t'], subscribedTopicRegex: null, serverAssignor: null },
      topicPartitions: [],
    },
    1,
  )

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
