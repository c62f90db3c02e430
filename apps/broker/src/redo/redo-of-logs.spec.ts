import { beforeEach, expect, test } from 'vitest'
import { batchSize, isBatchIntact } from '#libs/kafka-protocol'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { testBatch } from '../log/batch.fixture.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { LogManager } from '../log/log-manager.ts'
import type { PartitionLog } from '../log/partition-log.ts'

const NAMES = [0, 1, 2]
const compacted = { cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0, retentionMs: -1 }
const config = { ...defaultLogConfig, ...compacted, segmentBytes: 400, indexIntervalBytes: 150 }
const redo = { bytes: 64 * 1024, afterRounds: 0 }

let fs: MemoryFileSystem
let mounted: Mount
let manager: LogManager
let logs: PartitionLog[]
/** Paths, in the order in which they were synced. */
let synced: string[]

beforeEach(async () => {
  fs = new MemoryFileSystem()
  await start()
  synced = []
  fs.fail = (operation, path) => {
    if (operation === 'sync') synced.push(path)
    return undefined
  }
  // The names of the segments are on the device by then, and the redo log is there.
  for (let round = 0; round < 3; round++) await append(`before ${round}`)
  synced = []
})

async function start(): Promise<void> {
  mounted = mount(fs)
  manager = await LogManager.open({ fs: mounted.fs, dataDir: '/data', now: () => 1_000_000, tailBytes: 0, redo })
  logs = []
  for (const name of NAMES) logs.push(await manager.openPartition('t', name, config))
}

/** To every partition, and on the device when it resolves. */
async function append(value: string): Promise<void> {
  const appended = logs.map((log) => {
    const result = log.append(testBatch({ values: [value], key: 'k', timestamps: [1_000_000] }))
    if (!result.ok) throw new Error(result.message)
    return log.durable(result.lastOffset + 1)
  })
  await Promise.all(appended)
}

/** Everything that was not synced is gone. */
async function powerCut(): Promise<void> {
  mounted.unmount()
  fs.crash(() => 0.99)
  await start()
}

async function contents(): Promise<string[]> {
  return Promise.all(logs.map(async (log) => (await batchesOf(log)).map((batch) => batch.toString('latin1')).join()))
}

async function batchesOf(log: PartitionLog): Promise<Buffer[]> {
  const found: Buffer[] = []
  for (let next = log.logStartOffset; next < log.highWatermark; ) {
    const result = await log.read(next, 100_000)
    if (!result.ok || result.bytes === 0) throw new Error(`nothing at ${next}`)
    const bytes = Buffer.concat(result.records)
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      expect(isBatchIntact(bytes, at)).toBe(true)
      found.push(bytes.subarray(at, at + batchSize(bytes, at)))
    }
    next = Number(found.at(-1)!.readBigInt64BE(0)) + 1
  }
  return found
}

test('what is durable by the redo log alone is so by its files after a clean stop', async () => {
  await append('value')
  expect(synced).toEqual(['/data/redo-0'])
  const before = await contents()
  await manager.close()
  await powerCut()
  expect(await contents()).toEqual(before)
})

test('what was noted of segments does not come back into the one that compaction made of them', async () => {
  for (let round = 0; round < 6; round++) await append(`value ${round}`)
  expect(synced).toContain('/data/redo-0')
  await manager.compact()
  const before = await contents()
  await powerCut()
  expect(await contents()).toEqual(before)
})
