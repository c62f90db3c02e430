import { beforeEach, describe, expect, it } from 'vitest'
import { batchBaseOffset, batchLeaderEpoch, ErrorCode } from '#libs/kafka-protocol'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { baseOffsets, sealBatch, testBatch } from './batch.fixture.ts'
import { defaultLogConfig, type LogConfig } from './log-config.ts'
import { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'

let fs: MemoryFileSystem
let now: number
let manager: LogManager
let log: PartitionLog

async function open(config: Partial<LogConfig> = {}, tailBytes?: number): Promise<void> {
  manager = await LogManager.open({
    fs,
    dataDir: '/data',
    now: () => now,
    ...(tailBytes === undefined ? {} : { tailBytes }),
  })
  log = await manager.openPartition('orders', 0, { ...defaultLogConfig, ...config })
}

async function append(...values: string[]): Promise<number> {
  const result = log.append(testBatch({ values }))
  if (!result.ok) throw new Error(result.message)
  await log.durable(result.lastOffset + 1)
  return result.baseOffset
}

async function readFrom(offset: number, maxBytes = 1_000_000, minOneBatch = true): Promise<number[]> {
  const result = await log.read(offset, maxBytes, 'READ_UNCOMMITTED', minOneBatch)
  if (!result.ok) throw new Error(result.message)
  return baseOffsets(result.records)
}

const refusal = (batch: Buffer) => {
  const result = log.append(batch)
  return result.ok ? 'accepted' : result.errorCode
}

beforeEach(() => {
  fs = new MemoryFileSystem()
  now = 1_000_000
})

describe('append', () => {
  beforeEach(() => open())

  it('assigns consecutive offsets and stamps offset and epoch in place', async () => {
    expect([await append('a', 'b'), await append('c'), await append('d')]).toEqual([0, 2, 3])
    const result = await log.read(2, 1)
    expect(result.ok && [batchBaseOffset(result.records[0]!), batchLeaderEpoch(result.records[0]!)]).toEqual([2, 0])
    expect(log.logEndOffset).toBe(4)
  })

  it('is not readable before it is written, and durable only after a sync', async () => {
    const syncs: string[] = []
    fs.fail = (operation) => {
      syncs.push(operation)
      return undefined
    }
    log.append(testBatch({ values: ['a'] }))
    expect([log.highWatermark, log.logEndOffset]).toEqual([0, 1])
    await log.written(1)
    expect(log.highWatermark).toBe(1)
    expect(syncs).not.toContain('sync')
    await log.durable(1)
    expect(syncs.filter((operation) => operation === 'sync')).toHaveLength(1)
  })

  it('writes and syncs many appends together', async () => {
    const operations: string[] = []
    fs.fail = (operation) => {
      operations.push(operation)
      return undefined
    }
    await Promise.all(Array.from({ length: 100 }, (_, index) => append(`v${index}`)))
    expect(operations.filter((operation) => operation === 'write')).toHaveLength(1)
    expect(operations.filter((operation) => operation === 'sync')).toHaveLength(1)
  })

  it('tells listeners when records become readable', async () => {
    const seen: number[] = []
    const stop = log.onChange(() => seen.push(log.highWatermark))
    await append('a')
    stop()
    await append('b')
    expect(seen).toEqual([1])
  })

  it('refuses what a consumer could not read', () => {
    const damaged = testBatch({ values: ['abc'] })
    damaged[damaged.length - 2]! ^= 1
    expect(refusal(damaged)).toBe(ErrorCode.CORRUPT_MESSAGE)
    expect(refusal(Buffer.alloc(0))).toBe(ErrorCode.INVALID_RECORD)
    expect(refusal(testBatch({ values: ['a'] }).subarray(0, 40))).toBe(ErrorCode.CORRUPT_MESSAGE)
    const two = Buffer.concat([testBatch({ values: ['a'] }), testBatch({ values: ['b'] })])
    expect(refusal(two)).toBe(ErrorCode.INVALID_RECORD)
    const oldMagic = testBatch({ values: ['a'] })
    oldMagic.writeInt8(1, 16)
    expect(refusal(oldMagic)).toBe(ErrorCode.INVALID_RECORD)
    expect(refusal(testBatch({ values: ['a'], attributes: 0x20 }))).toBe(ErrorCode.INVALID_RECORD)
    const lyingCount = testBatch({ values: ['a', 'b'] })
    lyingCount.writeInt32BE(2, 23)
    lyingCount.writeInt32BE(3, 57)
    expect(refusal(sealBatch(lyingCount))).toBe(ErrorCode.INVALID_RECORD)
    expect(refusal(testBatch({ values: ['x'.repeat(1_100_000)] }))).toBe(ErrorCode.MESSAGE_TOO_LARGE)
    expect(refusal(testBatch({ values: ['a'], timestamps: [now + 3_600_001] }))).toBe(ErrorCode.INVALID_TIMESTAMP)
    expect(refusal(testBatch({ values: ['a'], producerId: 1, sequence: -1 }))).toBe(ErrorCode.INVALID_RECORD)
    expect(log.logEndOffset).toBe(0)
  })

  it('refuses a record without key on a compacted topic and names it', () => {
    log.config = { ...log.config, cleanupPolicy: { delete: false, compact: true } }
    expect(log.append(testBatch({ values: ['a'] }))).toMatchObject({
      errorCode: ErrorCode.INVALID_RECORD,
      records: [0],
    })
    expect(log.append(testBatch({ values: ['a'], key: 'k' })).ok).toBe(true)
  })

  it('stamps its own time when the topic says so', async () => {
    log.config = { ...log.config, messageTimestampType: 'LogAppendTime' }
    const result = log.append(testBatch({ values: ['a'], timestamps: [5] }))
    expect(result).toMatchObject({ ok: true, logAppendTime: now })
    await log.durable(1)
    expect(await log.offsetForTimestamp(now)).toMatchObject({ offset: 0, timestamp: now })
  })
})

describe('idempotent producers', () => {
  const from = (sequence: number, options: { epoch?: number; values?: string[] } = {}) =>
    log.append(testBatch({ values: options.values ?? ['v'], producerId: 7, sequence, epoch: options.epoch ?? 0 }))

  beforeEach(() => open())

  it('answers a retry of any of the last five batches with its first offset', () => {
    for (let sequence = 0; sequence < 6; sequence++) from(sequence)
    expect(from(1)).toMatchObject({ ok: true, duplicate: true, baseOffset: 1, lastOffset: 1 })
    expect(from(5)).toMatchObject({ ok: true, duplicate: true, baseOffset: 5 })
    expect(from(0)).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
    expect(log.logEndOffset).toBe(6)
  })

  it('refuses gaps and older epochs, and starts a new epoch at 0', () => {
    from(0)
    expect(from(2)).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
    expect(from(1, { epoch: 1 })).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
    expect(from(0, { epoch: 1 })).toMatchObject({ ok: true, duplicate: false })
    expect(from(1)).toMatchObject({ errorCode: ErrorCode.INVALID_PRODUCER_EPOCH })
  })

  it('takes an unknown producer as it comes and wraps its sequence', () => {
    expect(from(2_147_483_646, { values: ['a', 'b'] })).toMatchObject({ ok: true })
    expect(from(0)).toMatchObject({ ok: true, duplicate: false })
  })

  it('remembers producers over a clean stop and over a crash', async () => {
    from(0)
    from(1)
    await log.durable(2)
    await manager.close()
    await open()
    expect(from(1)).toMatchObject({ duplicate: true, baseOffset: 1 })
    from(2)
    await log.durable(3)
    fs.crash(Math.random)
    await open()
    expect(from(2)).toMatchObject({ duplicate: true, baseOffset: 2 })
    expect(from(4)).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
  })
})

describe.each([
  { where: 'memory', tailBytes: 1_000_000 },
  { where: 'disk', tailBytes: 0 },
])('reading from $where', ({ tailBytes }) => {
  beforeEach(async () => {
    await open({ segmentBytes: 400, indexIntervalBytes: 150 }, tailBytes)
    for (let index = 0; index < 12; index++) await append(`a${index}`, `b${index}`)
  })

  it('begins with the whole batch that contains the offset', async () => {
    expect((await readFrom(7))[0]).toBe(6)
    expect((await readFrom(0))[0]).toBe(0)
    expect((await readFrom(23))[0]).toBe(22)
  })

  it('takes the size as a soft limit', async () => {
    expect(await readFrom(4, 1)).toEqual([4])
    expect(await readFrom(4, 1, false)).toEqual([])
    const { length } = testBatch({ values: ['a0', 'b0'] })
    expect(await readFrom(0, 2 * length)).toEqual([0, 2])
    expect(await readFrom(0, 2 * length + 1)).toEqual([0, 2])
  })

  it('reaches the end by following the offsets', async () => {
    const seen: number[] = []
    for (let next = 0; next < log.highWatermark; next = seen.at(-1)! + 2) seen.push(...(await readFrom(next)))
    expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => index * 2))
  })

  it('knows what is out of range', async () => {
    expect(await log.read(24, 1000)).toMatchObject({ ok: true, bytes: 0, highWatermark: 24 })
    expect(await log.read(25, 1000)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
    await log.deleteRecordsBefore(5)
    expect(await log.read(4, 1000)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
    expect((await readFrom(5))[0]).toBe(4)
  })
})

it('returns a batch larger than the read-ahead whole', async () => {
  await open({}, 0)
  await append('x'.repeat(300_000))
  await append('y')
  expect(await readFrom(0, 1)).toEqual([0])
  expect(await readFrom(1, 1)).toEqual([1])
})

describe('offsets by time', () => {
  beforeEach(async () => {
    await open({ segmentBytes: 300, indexIntervalBytes: 1 })
    for (const timestamps of [[100, 300], [200, 250], [50, 400], [350]]) {
      const result = log.append(testBatch({ values: timestamps.map(String), timestamps }))
      if (result.ok) await log.durable(result.lastOffset + 1)
    }
  })

  it('finds the first record that is not older, though timestamps go up and down', async () => {
    const offsets = await Promise.all([0, 100, 101, 300, 301, 400].map((time) => log.offsetForTimestamp(time)))
    expect(offsets.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [0, 100],
      [0, 100],
      [1, 300],
      [1, 300],
      [5, 400],
      [5, 400],
    ])
    expect(await log.offsetForTimestamp(401)).toMatchObject({ offset: -1, timestamp: -1 })
  })

  it('knows the ends and the greatest timestamp', async () => {
    await log.deleteRecordsBefore(3)
    const special = await Promise.all([-1, -2, -3].map((time) => log.offsetForTimestamp(time)))
    expect(special.map(({ offset }) => offset)).toEqual([7, 3, 5])
    expect(await log.offsetForTimestamp(0)).toMatchObject({ offset: 3, timestamp: 250 })
  })
})

describe('retention', () => {
  it('drops old segments by time, the active one included, and keeps the end offset', async () => {
    await open({ segmentBytes: 100, retentionMs: 1000 })
    now = 2000
    await append('a')
    await append('b')
    await manager.maintain()
    expect(log.logStartOffset).toBe(0)
    now = 2001
    await manager.maintain()
    expect([log.logStartOffset, log.logEndOffset]).toEqual([2, 2])
    await append('c')
    await manager.close()
    await open()
    expect([log.logStartOffset, log.logEndOffset, await readFrom(2)]).toEqual([2, 3, [2]])
  })

  it('drops old segments by size while the rest is large enough', async () => {
    await open({ segmentBytes: 100, retentionBytes: 150 })
    for (const value of ['a', 'b', 'c', 'd']) await append(value)
    await manager.maintain()
    expect(log.size).toBeGreaterThanOrEqual(150)
    expect(log.logStartOffset).toBe(1)
  })

  it('removes segments below a deleted range, and remembers the range', async () => {
    await open({ segmentBytes: 100 })
    for (const value of ['a', 'b', 'c']) await append(value)
    expect(await log.deleteRecordsBefore(-1)).toEqual({ ok: true, logStartOffset: 3 })
    expect(await log.deleteRecordsBefore(4)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
    fs.crash(Math.random)
    await open()
    expect([log.logStartOffset, log.logEndOffset]).toEqual([3, 3])
    await manager.maintain()
    expect(log.size).toBe(0)
  })
})

it('answers a read whose segment retention takes away', async () => {
  await open({ segmentBytes: 100, retentionMs: 1000 }, 0)
  now = 2000
  await append('a')
  await append('b')
  now = 5000
  const reading = log.read(0, 1000)
  await manager.maintain()
  const result = await reading
  expect(result.ok || result.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE).toBe(true)
  expect(await log.read(0, 1000)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
})

describe('a disk in trouble', () => {
  beforeEach(() => open())
  const producer = (sequence: number) => log.append(testBatch({ values: ['v'], producerId: 1, sequence }))

  it('full: the append fails, offsets and sequence are given back, and it goes on when there is room', async () => {
    producer(0)
    await log.durable(1)
    fs.fail = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
    producer(1)
    producer(2)
    await expect(log.durable(2)).rejects.toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
    expect([log.highWatermark, log.logEndOffset]).toEqual([1, 1])
    fs.fail = () => undefined
    expect(producer(1)).toMatchObject({ ok: true, duplicate: false, baseOffset: 1 })
    await log.durable(2)
    fs.crash(() => 0.9)
    await open()
    expect(log.logEndOffset).toBe(2)
  })

  it('full: what could not be written down leaves no file behind, and is written later', async () => {
    await append('a')
    fs.fail = (operation, path) => (operation === 'write' && path.endsWith('.tmp') ? 'ENOSPC' : undefined)
    await expect(log.checkpoint()).rejects.toThrow('ENOSPC')
    expect(fs.readdir('/data/logs/orders-0').filter((name) => name.endsWith('.tmp'))).toEqual([])
    fs.fail = () => undefined
    await log.checkpoint()
    expect(fs.readdir('/data/logs/orders-0')).toContain('checkpoint')
  })

  it('full behind a segment that still had room: what was written there stands, and a repetition is answered', async () => {
    log.config = { ...defaultLogConfig, segmentBytes: 100 }
    fs.fail = (operation, path) =>
      operation === 'write' && !path.endsWith('/00000000000000000000.log') ? 'ENOSPC' : undefined
    producer(0)
    const first = log.durable(1)
    producer(1)
    await expect(log.durable(2)).rejects.toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
    await first
    expect([log.highWatermark, log.logEndOffset]).toEqual([1, 1])
    expect(producer(0)).toMatchObject({ ok: true, duplicate: true, baseOffset: 0 })
    await Promise.all([log.written(1), log.durable(1)])
  })

  it('failing sync: refuses until the doubtful bytes are on the device after all', async () => {
    await append('a')
    fs.fail = (operation) => (operation === 'sync' ? 'EIO' : undefined)
    await expect(append('b')).rejects.toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
    expect(refusal(testBatch({ values: ['c'] }))).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    await manager.maintain()
    expect(log.healthy).toBe(false)
    fs.fail = () => undefined
    await manager.maintain()
    expect(await append('c')).toBe(2)
    fs.crash(() => 0.99)
    await open()
    expect(await readFrom(0)).toEqual([0, 1, 2])
  })
})
