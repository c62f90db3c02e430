import { expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { LogManager } from '../log/log-manager.ts'
import { GroupCoordinator } from './coordinator.ts'

test('without an initial delay, consumers that were started together begin in one generation', async () => {
  const clock = new ManualClock()
  const logs = await LogManager.open({ fs: new MemoryFileSystem(), dataDir: '/data', now: clock.now })
  const { values } = new LiveSettings({ 'group.initial.rebalance.delay.ms': '0' })
  const groups = await GroupCoordinator.open(logs, values, clock)
  const join = (newMemberId: string) =>
    groups.join('g', {
      ...{ memberId: '', instanceId: null, clientId: 'c', clientHost: '/h', protocolType: 'consumer', newMemberId },
      ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000, requiresMemberId: false, canSkipAssignment: true },
      protocols: [{ name: 'range', metadata: Buffer.from('all') }],
    })
  const first = join('a')
  // What librdkafka was seen to need between two that subscribe one after the other.
  clock.pass(70)
  const second = join('b')
  clock.pass(100)
  expect(await first).toMatchObject({ errorCode: ErrorCode.NONE, generation: 1, leader: 'a' })
  expect(await second).toMatchObject({ errorCode: ErrorCode.NONE, generation: 1, leader: 'a' })
  groups.close()
  await logs.close()
})
