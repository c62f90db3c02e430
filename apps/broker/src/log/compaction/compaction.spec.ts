import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchSize,
  Compression,
  ErrorCode,
  isBatchIntact,
  isControl,
  readRecords,
  rewriteBatch,
} from '#libs/kafka-protocol'
import { asManyAsFit } from '#libs/testing'
import { MemoryFileSystem } from '../../disk/memory-file-system.ts'
import { seededRandom, testBatch } from '../batch.fixture.ts'
import { defaultLogConfig, type LogConfig } from '../log-config.ts'
import { LogManager } from '../log-manager.ts'
import type { PartitionLog } from '../partition-log.ts'

interface Stored {
  readonly offset: number
  readonly key: string
  /** Null for a tombstone. */
  readonly value: string | null
  readonly aborted: boolean
}

const RETENTION_MS = 1000

/** A compacted partition beside its model: everything that was ever written to it. */
class Subject {
  readonly fs = new MemoryFileSystem()
  now = 1_000_000
  manager!: LogManager
  log!: PartitionLog
  written: Stored[] = []
  readonly reports: string[] = []
  durable = 0
  private serial = 0
  readonly config: LogConfig

  constructor(config: Partial<LogConfig> = {}) {
    const small = {
      segmentBytes: 400,
      indexIntervalBytes: 150,
      minCleanableDirtyRatio: 0,
      deleteRetentionMs: RETENTION_MS,
    }
    this.config = {
      ...defaultLogConfig,
      ...small,
      ...{ retentionMs: -1, cleanupPolicy: { delete: false, compact: true }, ...config },
    }
  }

  async open(): Promise<void> {
    const report = (level: string, message: string, { reason }: { reason?: unknown }) => {
      if (level === 'error') this.reports.push(`${message}: ${reason}`)
    }
    const options = { fs: this.fs, dataDir: '/data', now: () => this.now, tailBytes: 0, report }
    this.manager = await LogManager.open(options)
    this.log = await this.manager.openPartition('t', 0, this.config)
  }

  async append(keys: readonly string[], codec: number = Compression.none, isTombstone = false): Promise<void> {
    const values = keys.map((key) => (isTombstone ? null : `${key} ${this.serial++}`))
    const plain = testBatch({ values, keys, timestamps: [this.now] })
    await this.accept(rewriteBatch(plain, readRecords(plain), { compression: codec }), keys, values, false)
  }

  async transaction(keys: readonly string[], commit: boolean): Promise<void> {
    const values = keys.map((key) => `${key} ${this.serial++}`)
    const producerId = this.serial
    const batch = testBatch({ values, keys, timestamps: [this.now], producerId, attributes: 0x10 })
    await this.accept(batch, keys, values, !commit)
    const marker = this.log.appendMarker({ producerId, epoch: 0, commit, coordinatorEpoch: 0 }, false)
    if (!marker.ok) throw new Error(marker.message)
    await this.sync()
  }

  /** Every record that the log still has, after a look at how it is stored. */
  async contents(from = this.log.logStartOffset): Promise<Omit<Stored, 'aborted'>[]> {
    const found: Omit<Stored, 'aborted'>[] = []
    let last = -1
    for (let next = from; next < this.log.highWatermark; next = last + 1) {
      const result = await this.log.read(next, 1000)
      if (!result.ok) throw new Error(result.message)
      const bytes = Buffer.concat(result.records)
      expect(bytes.length).toBeGreaterThan(0)
      for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
        const batch = bytes.subarray(at, at + batchSize(bytes, at))
        expect(isBatchIntact(batch)).toBe(true)
        expect(batchLastOffset(batch)).toBeGreaterThanOrEqual(next)
        expect(batchBaseOffset(batch)).toBeGreaterThan(last)
        last = batchLastOffset(batch)
        if (isControl(batchAttributes(batch))) continue
        for (const { offsetDelta, key, valueIsNull, rest } of readRecords(batch)) {
          const value = valueIsNull
            ? null
            : rest.subarray(rest.indexOf(key!) + key!.length + 1, rest.length - 1).toString()
          found.push({ offset: batchBaseOffset(batch) + offsetDelta, key: key!.toString(), value })
        }
      }
    }
    return found
  }

  /** What holds at any time, however much of it was compacted. */
  async check(): Promise<void> {
    const contents = await this.contents()
    const byOffset = new Map(this.written.map((record) => [record.offset, record]))
    for (const { offset, key, value } of contents) expect(byOffset.get(offset)).toMatchObject({ key, value })
    const there = new Set(contents.map(({ offset }) => offset))
    for (const record of this.lastOfEachKey())
      if (record.value !== null) expect([record, there.has(record.offset)]).toEqual([record, true])
    const aborted = this.written.filter((record) => record.aborted && there.has(record.offset))
    for (const { offset } of aborted) {
      const read = await this.log.read(offset, 1, 'READ_COMMITTED')
      expect(read.ok && read.abortedTransactions?.some(({ firstOffset }) => firstOffset <= offset)).toBe(true)
    }
  }

  lastOfEachKey(): Stored[] {
    return [...new Map(this.written.filter(({ aborted }) => !aborted).map((record) => [record.key, record])).values()]
  }

  async sync(): Promise<void> {
    await this.log.durable(this.log.logEndOffset)
    this.durable = this.log.logEndOffset
  }

  async restart(): Promise<void> {
    await this.open()
    expect(this.log.logEndOffset).toBe(this.durable)
  }

  private async accept(batch: Buffer, keys: readonly string[], values: readonly (string | null)[], aborted: boolean) {
    const result = this.log.append(batch, true)
    if (!result.ok) throw new Error(result.message)
    for (const [index, key] of keys.entries()) {
      this.written.push({ offset: result.baseOffset + index, key, value: values[index]!, aborted })
    }
    await this.sync()
  }
}

const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 4 })
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      keys,
      codec: fc.constantFrom(0, 1, 2, 3, 4),
      isTombstone: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('transaction' as const), keys, commit: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), seed: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), seed: fc.nat() }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function perform(subject: Subject, step: Step): Promise<void> {
  switch (step.do) {
    case 'append':
      return subject.append(step.keys, step.codec, step.isTombstone)
    case 'transaction':
      return subject.transaction(step.keys, step.commit)
    case 'compact':
      await subject.manager.compact()
      return subject.check()
    case 'wait':
      subject.now += RETENTION_MS
      return
    case 'stop':
      await subject.manager.close()
      return subject.restart()
    case 'crash':
      subject.fs.crash(seededRandom(step.seed))
      await subject.restart()
      return subject.check()
    case 'forget': {
      // Without its checkpoint the log must be understood from its segments alone.
      await subject.manager.close()
      damageCheckpoint(subject.fs)
      await subject.restart()
      return subject.check()
    }
  }
}

const fill = async (subject: Subject): Promise<void> => {
  for (let round = 0; round < 12; round++) await subject.append(['a', 'b', `only ${round}`], round % 5)
  await subject.transaction(['a', 'gone'], false)
  await subject.transaction(['b', 'kept'], true)
  await subject.append(['a'], Compression.none, true)
  for (let round = 0; round < 6; round++) await subject.append([`last ${round}`])
}

describe('compaction', () => {
  it('[28] [29] keeps the last record of each key and every offset, through stops, crashes and lost checkpoints', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 15, maxLength: 60 }),
        asManyAsFit(async (steps) => {
          const subject = new Subject()
          await subject.open()
          for (const one of steps) await perform(subject, one)
          await subject.check()
        }),
      ),
      { numRuns: 150 },
    )
  })

  it('leaves one record per key below the active segment, in fewer segments', async () => {
    const subject = new Subject()
    await subject.open()
    await fill(subject)
    const before = subject.log.size
    await subject.manager.compact()
    await subject.check()
    const contents = await subject.contents()
    expect(contents.filter(({ key }) => key === 'b')).toHaveLength(1)
    expect(contents.filter(({ key }) => key === 'gone')).toEqual([])
    expect(contents.filter(({ key }) => key === 'a').map(({ value }) => value)).toEqual([null])
    expect(subject.log.size).toBeLessThan(before)
  })

  it('drops a tombstone after its time, and then the key is gone', async () => {
    const subject = new Subject()
    await subject.open()
    await fill(subject)
    await subject.manager.compact()
    for (const wait of [RETENTION_MS - 1, 1]) {
      expect((await subject.contents()).some(({ key }) => key === 'a')).toBe(true)
      subject.now += wait
      for (let round = 0; round < 8; round++) await subject.append(['x', 'y'])
      await subject.manager.compact()
    }
    expect((await subject.contents()).some(({ key }) => key === 'a')).toBe(false)
    await subject.check()
  })

  it('finds either the old segments or the new ones wherever a crash interrupts it', async () => {
    for (let point = 0, isOver = false; !isOver; point++) {
      const subject = new Subject({ segmentBytes: 1000 })
      await subject.open()
      await fill(subject)
      const whole = await subject.contents()
      let operations = 0
      // From the crash on nothing reaches the disk any more.
      subject.fs.fail = (operation) => (operation === 'open' || operations++ < point ? undefined : 'EIO')
      await subject.manager.compact()
      isOver = operations < point
      subject.fs.fail = () => undefined
      await subject.check()
      subject.fs.crash(seededRandom(point))
      await subject.restart()
      await subject.check()
      expect((await subject.contents()).length).toBeLessThanOrEqual(whole.length)
      const left = subject.fs.readdir('/data/logs/t-0').filter((name) => /swap|cleaned/.test(name))
      expect(left).toEqual([])
      await subject.manager.compact()
      await subject.check()
    }
  })

  it('remembers where the sequence of a producer stands, though its records are gone', async () => {
    const subject = new Subject()
    await subject.open()
    const own = (sequence: number) =>
      subject.log.append(testBatch({ values: ['v'], key: 'k', producerId: 9000, sequence }))
    own(0)
    await subject.sync()
    own(1)
    await subject.sync()
    for (let round = 0; round < 10; round++) await subject.append(['k', 'l'])
    await subject.manager.compact()
    await subject.manager.close()
    damageCheckpoint(subject.fs)
    await subject.open()
    expect(own(1)).toMatchObject({ ok: true, duplicate: true, baseOffset: 1 })
    expect(own(3)).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
  })

  it('goes on where its memory ended', async () => {
    const subject = new Subject()
    await subject.open()
    for (let round = 0; round < 150; round++)
      await subject.append(Array.from({ length: 10 }, (_, i) => `${round % 75} ${i}`))
    for (let dirty = await subject.log.dirtyRange(); dirty !== undefined; dirty = await subject.log.dirtyRange()) {
      const before = dirty.from
      await subject.log.compact(dirty, 1024 * 24)
      expect((await subject.log.dirtyRange())?.from ?? Infinity).toBeGreaterThan(before)
    }
    await subject.check()
    expect((await subject.contents()).length).toBeLessThan(800)
  })

  it('leaves nothing behind when the disk is full, and tries again later', async () => {
    const subject = new Subject()
    await subject.open()
    await fill(subject)
    subject.fs.fail = (operation, path) => (operation === 'write' && path.endsWith('.cleaned') ? 'ENOSPC' : undefined)
    await subject.manager.compact()
    expect(subject.fs.readdir('/data/logs/t-0').filter((name) => name.endsWith('.cleaned'))).toEqual([])
    await subject.check()
    subject.fs.fail = () => undefined
    expect((await subject.log.dirtyRange())?.from).toBe(0)
    subject.now += 5 * 60_000 + 1
    await subject.manager.compact()
    await subject.check()
    expect(await subject.log.dirtyRange()).toBeUndefined()
  })

  it('does not keep retention from segments, also those of which nothing is left', async () => {
    const subject = new Subject({ cleanupPolicy: { delete: true, compact: true }, retentionMs: 5000 })
    await subject.open()
    for (let round = 0; round < 12; round++) await subject.append(['a', 'b', 'c'])
    await subject.manager.compact()
    expect((await subject.contents())[0]!.offset).toBeGreaterThan(0)
    subject.now += 5001
    await subject.append(['d'])
    await subject.manager.maintain()
    expect((await subject.contents()).length).toBeLessThan(8)
    expect(subject.log.logStartOffset).toBeGreaterThan(0)
  })

  it.each([false, true])('does not move the log start, with deletion %s', async (deletes) => {
    const subject = new Subject({ cleanupPolicy: { delete: deletes, compact: true } })
    await subject.open()
    for (let round = 0; round < 30; round++) await subject.append(['a', 'b', 'c'])
    await subject.manager.compact()
    subject.now += 2 * RETENTION_MS
    await subject.manager.compact()
    await subject.manager.maintain()
    expect(subject.log.logStartOffset).toBe(0)
    const found = await subject.log.read(0, 1)
    expect(found.ok && batchBaseOffset(found.records[0]!)).toBeGreaterThan(50)
    await subject.manager.close()
    await subject.open()
    expect(subject.log.logStartOffset).toBe(0)
    await subject.check()
  })

  it('cleans what is left when segments are deleted under it', async () => {
    for (let turns = 0; turns < 60; turns += 3) {
      const subject = new Subject()
      await subject.open()
      for (let round = 0; round < 30; round++) await subject.append(['a', 'b', 'c'])
      const compacting = subject.manager.compact()
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      await subject.log.deleteRecordsBefore(40)
      await subject.manager.maintain()
      await compacting
      await subject.manager.compact()
      expect(subject.reports).toEqual([])
      expect(await subject.log.dirtyRange()).toBeUndefined()
      expect(subject.log.logStartOffset).toBe(40)
      expect((await subject.contents()).length).toBeLessThan(15)
    }
  })

  it('stops at once when the partition is deleted, and keeps its hands off the next one', async () => {
    const subject = new Subject()
    await subject.open()
    await fill(subject)
    const compacting = subject.manager.compact()
    await subject.manager.deletePartition('t', 0)
    subject.log = await subject.manager.openPartition('t', 0, subject.config)
    await compacting
    expect(subject.fs.readdir('/data/logs/t-0')).toEqual(['00000000000000000000.log'])
  })

  it('waits for the age it is told and for open transactions', async () => {
    const lagging = new Subject({ minCompactionLagMs: 5000 })
    await lagging.open()
    await fill(lagging)
    expect(await lagging.log.dirtyRange()).toBeUndefined()
    lagging.now += 5001
    expect(await lagging.log.dirtyRange()).toMatchObject({ from: 0, isDue: true })
    const open = new Subject()
    await open.open()
    await open.append(['a'])
    open.log.append(testBatch({ values: ['v'], key: 'a', producerId: 1, attributes: 0x10 }), true)
    for (let round = 0; round < 10; round++) await open.append(['a', 'b'])
    expect(await open.log.dirtyRange()).toMatchObject({ from: 0, to: 1 })
  })

  it('is due when dirty enough, or when a record waited for long enough', async () => {
    const subject = new Subject({ minCleanableDirtyRatio: 1, maxCompactionLagMs: 5000 })
    await subject.open()
    await fill(subject)
    expect(await subject.log.dirtyRange()).toMatchObject({ isDue: false, ratio: 1 })
    subject.now += 5001
    expect(await subject.log.dirtyRange()).toMatchObject({ isDue: true })
  })
})

function damageCheckpoint(fs: MemoryFileSystem): void {
  const path = '/data/logs/t-0/checkpoint'
  if (fs.size(path) !== undefined) fs.file(path).damage((bytes) => bytes.subarray(1))
}
