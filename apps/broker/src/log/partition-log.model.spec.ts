import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchSize, ErrorCode } from '#libs/kafka-protocol'
import { asManyAsFit } from '#libs/testing'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { seededRandom, testBatch } from './batch.fixture.ts'
import { defaultLogConfig } from './log-config.ts'
import { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 300)
const RETENTION_BYTES = 2500
const config = { ...defaultLogConfig, segmentBytes: 800, indexIntervalBytes: 200, retentionBytes: RETENTION_BYTES }
const REMEMBERED_BATCHES = 5

interface ModelBatch {
  readonly baseOffset: number
  readonly endOffset: number
  readonly timestamp: number
  readonly producer: number
  readonly sequence: number
  readonly bytes: Buffer
}

/** A partition beside the plainest possible model of it: a list of batches and where it starts. */
class Subject {
  private readonly disk = new MemoryFileSystem()
  private mounted!: Mount
  private manager!: LogManager
  private log!: PartitionLog
  private now = 1_000_000
  private start = 0
  private batches: ModelBatch[] = []
  private durableEnd = 0
  private producers = [1, 2, 3].map((producerId) => ({ producerId, sequence: 0 }))

  static async open(): Promise<Subject> {
    const subject = new Subject()
    await subject.mount()
    return subject
  }

  async perform({ do: action, size, where, seed }: Step): Promise<void> {
    if (action === 'append') this.append(size, seed)
    else if (action === 'retry') this.retry(seed)
    else if (action === 'gap') this.gap(seed)
    else if (action === 'read') await this.read(this.offsetAt(where), seed % 1500)
    else if (action === 'lookUp') await this.lookUp(this.now - (seed % 5000))
    else if (action === 'delete') await this.deleteRecords(this.offsetAt(where))
    else if (action === 'maintain') await this.maintain()
    else if (action === 'sync') await this.sync()
    else if (action === 'turn') await new Promise(setImmediate)
    else await this.restart(action, seed)
    expect([this.log.logStartOffset, this.log.logEndOffset]).toEqual([this.start, this.end])
  }

  /** Reads everything once more, the way a consumer does. */
  async finish(): Promise<void> {
    await this.sync()
    for (const { baseOffset } of this.batches) if (baseOffset >= this.start) await this.read(baseOffset, 300)
    await this.manager.close()
  }

  private get end(): number {
    return this.batches.at(-1)?.endOffset ?? this.start
  }

  /** From a little before the log to a little behind it. */
  private offsetAt(where: number): number {
    return Math.floor(this.start - 2 + where * (this.end - this.start + 4))
  }

  private append(records: number, seed: number): void {
    const producer = this.producers[seed % this.producers.length]!
    // Timestamps of clients go back and forth.
    const timestamp = this.now + (seed % 100)
    const bytes = this.encode(producer.producerId, producer.sequence, records, timestamp)
    const baseOffset = this.end
    const expected = { ok: true, duplicate: false, baseOffset, lastOffset: baseOffset + records - 1 }
    expect(this.log.append(bytes)).toMatchObject(expected)
    const batch = { baseOffset, endOffset: baseOffset + records, timestamp, producer: producer.producerId }
    this.batches.push({ ...batch, sequence: producer.sequence, bytes: Buffer.from(bytes) })
    producer.sequence += records
  }

  /** One of the producer's last batches again: answered with the offsets it has. */
  private retry(seed: number): void {
    const { producerId } = this.producers[seed % this.producers.length]!
    const known = this.batches.filter(({ producer }) => producer === producerId).slice(-REMEMBERED_BATCHES)
    if (known.length === 0) return
    const { baseOffset, endOffset, sequence, timestamp } = known[seed % known.length]!
    if (baseOffset < this.start) return
    const again = this.log.append(this.encode(producerId, sequence, endOffset - baseOffset, timestamp))
    expect(again).toMatchObject({ ok: true, duplicate: true, baseOffset, lastOffset: endOffset - 1 })
  }

  private gap(seed: number): void {
    const { producerId, sequence } = this.producers[seed % this.producers.length]!
    if (!this.batches.some(({ producer, baseOffset }) => producer === producerId && baseOffset >= this.start)) return
    const refused = this.log.append(this.encode(producerId, sequence + 1 + (seed % 3), 1, this.now))
    expect(refused).toMatchObject({ ok: false, errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
  }

  /** Whole batches from the one that holds the offset, at least one of them, byte for byte. */
  private async read(offset: number, maxBytes: number): Promise<void> {
    const { highWatermark } = this.log
    const result = await this.log.read(offset, maxBytes)
    if (offset < this.start || offset > this.end) {
      expect(result).toMatchObject({ ok: false, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
      return
    }
    if (!result.ok) throw new Error(result.message)
    const readable = this.batches.filter(({ endOffset }) => endOffset > offset && endOffset <= highWatermark)
    const bytes = Buffer.concat(result.records)
    if (readable.length === 0 || bytes.length === 0) {
      expect([bytes.length, readable.length]).toEqual([0, 0])
      return
    }
    let count = 0
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) count++
    // A batch written meanwhile may be among them.
    const expected = this.batches.filter(({ endOffset }) => endOffset > offset).slice(0, count)
    expect(bytes.equals(Buffer.concat(expected.map((batch) => batch.bytes)))).toBe(true)
    if (count > 1) expect(bytes.length).toBeLessThanOrEqual(maxBytes)
  }

  private async lookUp(timestamp: number): Promise<void> {
    await this.log.written(this.log.logEndOffset)
    const first = this.batches.find((batch) => batch.endOffset > this.start && batch.timestamp >= timestamp)
    const offset = first === undefined ? -1 : Math.max(first.baseOffset, this.start)
    expect(await this.log.offsetForTimestamp(timestamp)).toMatchObject({ offset, timestamp: first?.timestamp ?? -1 })
  }

  private async deleteRecords(offset: number): Promise<void> {
    const { highWatermark } = this.log
    const result = await this.log.deleteRecordsBefore(offset)
    if (offset < -1 || offset > highWatermark) {
      expect(result).toMatchObject({ ok: false, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
      return
    }
    this.start = Math.max(this.start, offset === -1 ? highWatermark : offset)
    expect(result).toEqual({ ok: true, logStartOffset: this.start })
    this.durableEnd = Math.max(this.durableEnd, this.start)
  }

  /** Retention takes whole segments and leaves at least as much as the topic asks for. */
  private async maintain(): Promise<void> {
    await this.sync()
    await this.manager.maintain()
    const { logStartOffset } = this.log
    if (logStartOffset === this.start) return
    expect(logStartOffset).toBeGreaterThan(this.start)
    const left = this.batches.filter(({ baseOffset }) => baseOffset >= logStartOffset)
    expect(left[0]?.baseOffset).toBe(logStartOffset)
    expect(left.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThanOrEqual(RETENTION_BYTES)
    this.start = logStartOffset
  }

  private async sync(): Promise<void> {
    const { end } = this
    await this.log.durable(this.log.logEndOffset)
    this.durableEnd = end
    this.now += 1000
  }

  /** What comes back is what there was, as far as the kind of death allows, and nothing else. */
  private async restart(how: 'stop' | 'kill' | 'crash', seed: number): Promise<void> {
    const promised = { stop: this.end, kill: this.log.highWatermark, crash: this.durableEnd }[how]
    if (how === 'stop') await this.manager.close()
    this.mounted.unmount()
    if (how === 'kill') this.disk.kill()
    if (how === 'crash') this.disk.crash(seededRandom(seed))
    await this.mount()
    const { logStartOffset, logEndOffset } = this.log
    expect(logEndOffset).toBeGreaterThanOrEqual(promised)
    expect([this.start, ...this.batches.map(({ endOffset }) => endOffset)]).toContain(logEndOffset)
    expect(logStartOffset).toBe(this.start)
    this.batches = this.batches.filter(({ endOffset }) => endOffset <= logEndOffset)
    this.durableEnd = logEndOffset
    this.producers = this.producers.map(({ producerId, sequence }) => {
      const last = this.batches.findLast(({ producer }) => producer === producerId)
      const isKnown = last !== undefined && last.baseOffset >= this.start
      if (isKnown) return { producerId, sequence: last.sequence + last.endOffset - last.baseOffset }
      // Whether the broker remembers it depends on checkpoints: a newcomer takes its place.
      return sequence === 0 ? { producerId, sequence } : { producerId: producerId + 3, sequence: 0 }
    })
  }

  private async mount(): Promise<void> {
    this.mounted = mount(this.disk)
    this.manager = await LogManager.open({ fs: this.mounted.fs, dataDir: '/d', now: () => this.now, tailBytes: 600 })
    this.log = await this.manager.openPartition('t', 0, config)
  }

  private encode(producerId: number, sequence: number, records: number, timestamp: number): Buffer {
    const values = Array.from({ length: records }, (_, index) => `${producerId} ${sequence + index}`)
    return testBatch({ values, timestamps: [timestamp], producerId, sequence })
  }
}

interface Step {
  readonly do: (typeof ACTIONS)[number]
  readonly size: number
  readonly where: number
  readonly seed: number
}

const ACTIONS = [
  ...(['append', 'append', 'append', 'append', 'append', 'append', 'turn', 'turn', 'sync'] as const),
  ...(['read', 'read', 'read', 'retry', 'gap', 'lookUp', 'delete', 'maintain', 'stop', 'kill', 'crash'] as const),
] as const

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...ACTIONS),
  size: fc.integer({ min: 1, max: 12 }),
  where: fc.double({ min: 0, max: 1, noNaN: true }),
  seed: fc.nat(),
})

test('a partition is what its model says, through appends, retries, deletions, retention, stops, kills and power cuts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }),
      asManyAsFit(async (steps) => {
        const subject = await Subject.open()
        for (const one of steps) await subject.perform(one)
        await subject.finish()
      }),
    ),
    { numRuns: RUNS },
  )
})
