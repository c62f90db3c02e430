import { beforeEach, expect, it } from 'vitest'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { type Config, readConfig } from '../config.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { testBatch } from '../log/batch.fixture.ts'
import type { PartitionLog } from '../log/partition-log.ts'

const clock = new ManualClock()
let fs: MemoryFileSystem
let mounted: Mount
let broker: Broker

async function open(...more: string[]): Promise<void> {
  const args = ['--data-dir', '/data', ...more.flatMap((setting) => ['--set', setting])]
  const { settings, dataDir } = readConfig(args, {}) as Config
  mounted = mount(fs)
  broker = await Broker.open({ settings, dataDir, clock, fs: mounted.fs })
}

const log = (): PartitionLog => broker.topics.find('t')!.logs[0]!

/** As far as `acks=1` goes: nobody waits for the device. */
async function append(): Promise<number> {
  const result = log().append(testBatch({ values: ['v'], timestamps: [clock.now()] }))
  if (!result.ok) throw new Error(result.message)
  await log().written(result.lastOffset + 1)
  return result.lastOffset + 1
}

async function commit(offset: number): Promise<void> {
  const committed = { topic: 't', partition: 0, offset, leaderEpoch: 0, metadata: 'm', committedAt: clock.now() }
  await broker.groups.commit('g', { memberId: '', instanceId: null, generation: -1, offsets: [committed] })
}

/** Takes what was never synced. */
async function powerCut(): Promise<void> {
  await broker.close().catch(() => {})
  mounted.unmount()
  fs.crash(() => 0.99)
  await open()
}

beforeEach(async () => {
  fs = new MemoryFileSystem()
  await open()
  await broker.controller.createTopic('t', 1, {})
})

it('an offset committed behind records that a power cut took is brought back to the end of the log', async () => {
  await log().durable(await append())
  await append()
  await commit(await append())
  mounted.unmount()
  fs.crash(() => 0.99)
  await open()
  expect(log().logEndOffset).toBe(1)
  const known = () => broker.groups.offsetsOf('g').committed.get('t')?.get(0)
  expect(known()).toMatchObject({ offset: 1, metadata: 'm' })
  await append()
  await powerCut()
  expect(known()?.offset).toBe(1)
})

it('with flush.messages=1 nothing is seen before a power cut can no longer take it', async () => {
  await broker.close()
  await open('log.flush.interval.messages=1')
  let synced = 0
  fs.fail = (operation, path) => {
    if (operation === 'sync' && path.endsWith('.log')) synced++
    return undefined
  }
  const result = log().append(testBatch({ values: ['v'], timestamps: [clock.now()] }))
  if (!result.ok) throw new Error(result.message)
  let seenUnsynced = false
  const stop = log().onChange(() => {
    seenUnsynced ||= synced === 0
  })
  await log().written(1)
  expect([seenUnsynced, synced, log().highWatermark]).toEqual([false, 1, 1])
  stop()
  fs.fail = (operation, path) => (operation === 'sync' && path.endsWith('.log') ? 'EIO' : undefined)
  log().append(testBatch({ values: ['w'], timestamps: [clock.now()] }))
  await expect(log().written(2)).rejects.toThrow('EIO')
  expect(log().highWatermark).toBe(1)
  fs.fail = () => undefined
  await broker.logs.maintain()
  expect(log().highWatermark).toBe(2)
})
