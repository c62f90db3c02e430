import { beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import type { File, FileSystem } from '../disk/file-system.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { LogManager } from '../log/log-manager.ts'
import { GroupCoordinator } from './coordinator.ts'

const SESSION_MS = 10_000
const WEEK_MS = 7 * 24 * 3_600_000

let clock: ManualClock
let groups: GroupCoordinator
/** Syncs wait for it while it is there. */
let hung: Promise<void> | undefined
let memberId: string

/** A disk that can be made to hang. */
function hangable(disk: FileSystem): FileSystem {
  const open = (path: string): File => {
    const file = disk.open(path)
    const sync: File['sync'] = async (bytes) => {
      await hung
      return file.sync(bytes)
    }
    return new Proxy(file, { get: (target, name) => (name === 'sync' ? sync : bound(target, name)) })
  }
  return new Proxy(disk, { get: (target, name) => (name === 'open' ? open : bound(target, name)) })
}

function bound(target: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name)
  return typeof member === 'function' ? member.bind(target) : member
}

beforeEach(async () => {
  clock = new ManualClock()
  hung = undefined
  const logs = await LogManager.open({ fs: hangable(new MemoryFileSystem()), dataDir: '/data', now: clock.now })
  groups = await GroupCoordinator.open(
    logs,
    new LiveSettings({ 'group.initial.rebalance.delay.ms': '0' }).values,
    clock,
  )
  const joining = groups.join('g', {
    ...{ memberId: '', newMemberId: 'm', instanceId: null, clientId: 'c', clientHost: '/h', requiresMemberId: false },
    ...{ sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: SESSION_MS, protocolType: 'consumer' },
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    canSkipAssignment: false,
  })
  clock.ringNext()
  const joined = await joining
  memberId = joined.memberId
  const whoever = { memberId, instanceId: null, generation: 1, protocolType: null, protocol: null }
  const assignments = [{ memberId, assignment: Buffer.from('x') }]
  await groups.sync('g', { ...whoever, assignments })
})

const heartbeat = () => groups.heartbeat('g', { memberId, instanceId: null, generation: 1 })
const commit = (offset: number) =>
  groups
    .commit('g', {
      ...{ memberId, instanceId: null, generation: 1 },
      offsets: [{ topic: 't', partition: 0, offset, leaderEpoch: -1, metadata: '', committedAt: clock.now() }],
    })
    .then(([errorCode]) => errorCode)
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

test('a wall clock that is set forward expels nobody', async () => {
  clock.pass(SESSION_MS / 2)
  expect(heartbeat()).toBe(ErrorCode.NONE)
  clock.step(WEEK_MS)
  // The alarm was set for the session that began with the assignment.
  clock.pass(SESSION_MS / 2)
  await turns()
  expect(heartbeat()).toBe(ErrorCode.NONE)
})

test('a wall clock that is set back keeps nobody', async () => {
  clock.step(-WEEK_MS)
  clock.pass(SESSION_MS)
  await turns()
  expect(heartbeat()).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
})

test('who waits for a disk that hangs is not missed', async () => {
  let recover = () => {}
  hung = new Promise((resolve) => {
    recover = resolve
  })
  const answer = commit(5)
  clock.pass(3 * SESSION_MS)
  await turns()
  hung = undefined
  recover()
  expect(await answer).toBe(ErrorCode.NONE)
  // A client whose connection was busy with the commit has a session to be heard of, and no longer.
  clock.pass(SESSION_MS - 1)
  await turns()
  expect(heartbeat()).toBe(ErrorCode.NONE)
  clock.pass(SESSION_MS)
  await turns()
  expect(heartbeat()).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
})

test('an empty group keeps its offsets from when it became empty, whatever the wall clock is set to', async () => {
  expect(await commit(5)).toBe(ErrorCode.NONE)
  await groups.leave('g', [{ memberId, instanceId: null }])
  clock.step(2 * WEEK_MS)
  await groups.expireOffsets()
  expect(groups.offsetsOf('g').committed.get('t')?.get(0)?.offset).toBe(5)
  clock.pass(WEEK_MS)
  await groups.expireOffsets()
  expect(groups.offsetsOf('g').committed.size).toBe(0)
})
