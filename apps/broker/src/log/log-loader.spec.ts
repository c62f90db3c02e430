import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchSize, isBatchIntact } from '#libs/kafka-protocol'
import { asManyAsFit } from '#libs/testing'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { seededRandom, testBatch } from './batch.fixture.ts'
import { defaultLogConfig } from './log-config.ts'
import { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'

/** Small segments and a coarse index for them, so that a few batches meet every boundary. */
const config = { ...defaultLogConfig, segmentBytes: 1500, indexIntervalBytes: 500, retentionMs: -1 }

/** A partition beside the plainest possible model of it: the list of batches it was given. */
class Subject {
  readonly fs = new MemoryFileSystem()
  manager!: LogManager
  log!: PartitionLog
  batches: Buffer[] = []
  durable = 0
  private sequence = 0

  async open(): Promise<void> {
    this.manager = await LogManager.open({ fs: this.fs, dataDir: '/data', now: () => 1000, tailBytes: 500 })
    this.log = await this.manager.openPartition('t', 0, config)
  }

  append(records: number): void {
    const batch = testBatch({
      values: Array.from({ length: records }, (_, index) => `value ${this.sequence + index}`),
      producerId: 1,
      sequence: this.sequence,
    })
    const result = this.log.append(batch)
    if (!result.ok) throw new Error(result.message)
    this.sequence += records
    this.batches.push(Buffer.from(batch))
  }

  async sync(): Promise<void> {
    await this.log.durable(this.log.logEndOffset)
    this.durable = this.batches.length
  }

  /** An append while no write succeeds: refused, and as if it had never been. */
  async appendToFullDisk(): Promise<void> {
    await this.sync()
    const { sequence } = this
    this.fs.fail = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
    this.append(2)
    await expect(this.log.durable(this.log.logEndOffset)).rejects.toThrow('ENOSPC')
    this.fs.fail = () => undefined
    this.batches.pop()
    this.sequence = sequence
  }

  /** An append whose sync fails: refused, but in the log, and durable once the disk works again. */
  async appendToFailingDisk(): Promise<void> {
    await this.sync()
    this.fs.fail = (operation) => (operation === 'sync' ? 'EIO' : undefined)
    this.append(1)
    await expect(this.log.durable(this.log.logEndOffset)).rejects.toThrow('EIO')
    this.fs.fail = () => undefined
    await this.manager.maintain()
    await this.sync()
  }

  /** After a restart: all that was durable is there, in order and byte for byte, and what else is there was appended. */
  async checkAfterRestart(atLeast: number): Promise<void> {
    const found = await this.contents()
    expect(found.length).toBeGreaterThanOrEqual(atLeast)
    expect(found).toEqual(this.batches.slice(0, found.length))
    const last = this.batches[found.length - 1]
    this.batches = found
    this.durable = found.length
    this.sequence = last === undefined ? this.sequence : last.readInt32BE(53) + last.readInt32BE(57)
    if (last !== undefined) {
      const retry = Buffer.from(last)
      retry.fill(0, 0, 8)
      expect(this.log.append(retry)).toMatchObject({ ok: true, duplicate: true })
    }
  }

  async contents(): Promise<Buffer[]> {
    const found: Buffer[] = []
    for (let next = this.log.logStartOffset; next < this.log.highWatermark; ) {
      const result = await this.log.read(next, 250)
      if (!result.ok || result.records.length === 0) throw new Error(`stuck at ${next}`)
      const bytes = Buffer.concat(result.records)
      for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
        expect(isBatchIntact(bytes, at)).toBe(true)
        found.push(bytes.subarray(at, at + batchSize(bytes, at)))
        next = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1
      }
    }
    return found
  }
}

type Step =
  | { readonly do: 'append'; readonly records: number }
  | { readonly do: 'turn' | 'sync' | 'checkpoint' | 'full' | 'failing' | 'stop' | 'kill' }
  | { readonly do: 'crash'; readonly seed: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), records: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('turn', 'sync', 'checkpoint', 'full', 'failing', 'stop', 'kill') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), seed: fc.nat() }) },
)

async function perform(subject: Subject, { do: action, ...step }: Step): Promise<void> {
  if (action === 'append') subject.append((step as { records: number }).records)
  else if (action === 'turn') await new Promise(setImmediate)
  else if (action === 'sync') await subject.sync()
  else if (action === 'checkpoint') await subject.log.checkpoint()
  else if (action === 'full') await subject.appendToFullDisk()
  else if (action === 'failing') await subject.appendToFailingDisk()
  else {
    const { highWatermark } = subject.log
    const written = subject.batches.filter((batch) => Number(batch.readBigInt64BE(0)) < highWatermark).length
    const promised = { stop: subject.batches.length, kill: written, crash: subject.durable }[action]
    if (action === 'stop') await subject.manager.close()
    else if (action === 'kill') subject.fs.kill()
    else subject.fs.crash(seededRandom((step as { seed: number }).seed))
    await subject.open()
    await subject.checkAfterRestart(promised)
  }
}

describe('recovery', () => {
  it('keeps every durable batch through any course of appends, syncs, disk faults, stops, kills and power cuts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60 }),
        asManyAsFit(async (steps) => {
          const subject = new Subject()
          await subject.open()
          for (const one of steps) await perform(subject, one)
          expect(await subject.contents()).toEqual(subject.batches.slice(0, (await subject.contents()).length))
        }),
      ),
      { numRuns: 300 },
    )
  })

  it('returns all before the damage and invents nothing, wherever the unsynced end is cut or altered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
        fc.nat(12),
        fc.record({ where: fc.double({ min: 0, max: 1, noNaN: true }), bit: fc.integer({ min: -1, max: 7 }) }),
        asManyAsFit(async (sizes, checkpointed, { where, bit }) => {
          const subject = new Subject()
          await subject.open()
          for (const records of sizes.slice(0, checkpointed)) subject.append(records)
          await subject.log.checkpoint()
          const vouchedFor = subject.batches.length
          for (const records of sizes.slice(checkpointed)) subject.append(records)
          await subject.sync()
          subject.fs.crash(() => 0.99)
          const intact = damage(subject, vouchedFor, where, bit)
          await subject.open()
          await subject.checkAfterRestart(intact)
        }),
      ),
      { numRuns: 300 },
    )
  })

  it('needs neither index nor checkpoint to find everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        fc.nat(7),
        asManyAsFit(async (which, where, bit) => {
          const subject = new Subject()
          await subject.open()
          for (let index = 0; index < 12; index++) subject.append(2)
          await subject.manager.close()
          const names = subject.fs.readdir('/data/logs/t-0').filter((name) => !name.endsWith('.log'))
          subject.fs.file(`/data/logs/t-0/${names[which % names.length]}`).damage((bytes) => {
            bytes[where % bytes.length]! ^= 1 << bit
            return bytes
          })
          await subject.open()
          await subject.checkAfterRestart(12)
        }),
      ),
      { numRuns: 100 },
    )
  })

  it('reads nothing of the log after a clean stop', async () => {
    const subject = new Subject()
    await subject.open()
    for (let index = 0; index < 12; index++) subject.append(2)
    await subject.manager.close()
    const opened: string[] = []
    subject.fs.fail = (operation, path) => {
      if (operation === 'open') opened.push(path)
      return undefined
    }
    await subject.open()
    expect(subject.manager.lastStop).toBe('CLEAN')
    expect(opened.filter((path) => path.endsWith('.log'))).toEqual([])
    expect(subject.log.logEndOffset).toBe(24)
  })

  it('reads after a crash only what was appended since the checkpoint', async () => {
    const subject = new Subject()
    await subject.open()
    for (let index = 0; index < 12; index++) subject.append(2)
    await subject.log.checkpoint()
    const read: string[] = []
    subject.fs.fail = (operation, path) => {
      if (operation === 'open' && path.endsWith('.log')) read.push(path)
      return undefined
    }
    subject.fs.kill()
    await subject.open()
    expect(read).toEqual([])
    subject.append(1)
    await subject.sync()
    subject.fs.kill()
    read.length = 0
    await subject.open()
    expect([read.length, subject.log.logEndOffset]).toEqual([1, 25])
  })

  it('raises the leader epoch after a crash only, and knows where the old one ended', async () => {
    const subject = new Subject()
    await subject.open()
    subject.append(3)
    await subject.manager.close()
    await subject.open()
    expect(subject.manager.leaderEpoch).toBe(0)
    subject.fs.crash(() => 0.99)
    await subject.open()
    subject.append(1)
    await subject.sync()
    expect(subject.log.leaderEpoch).toBe(1)
    expect(subject.log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 3 })
    expect(subject.log.endOffsetForEpoch(1)).toEqual({ leaderEpoch: 1, endOffset: 4 })
  })
})

/** Damages a place in the segments behind the first `vouchedFor` batches; returns how many batches lie before it. */
function damage(subject: Subject, vouchedFor: number, where: number, bit: number): number {
  const places: { path: string; at: number; size: number; index: number }[] = []
  let index = 0
  for (const name of subject.fs
    .readdir('/data/logs/t-0')
    .filter((name) => name.endsWith('.log'))
    .sort()) {
    const path = `/data/logs/t-0/${name}`
    for (let at = 0; at < subject.fs.file(path).size; index++) {
      const size = subject.batches[index]!.length
      if (index >= vouchedFor) places.push({ path, at, size, index })
      at += size
    }
  }
  if (places.length === 0) return subject.batches.length
  const place = places[Math.min(places.length - 1, Math.floor(where * places.length))]!
  const at = place.at + Math.floor((where * 7919 * place.size) % place.size)
  subject.fs.file(place.path).damage((bytes) => {
    if (bit < 0) return bytes.subarray(0, at)
    // The leader epoch is not under the CRC, and a plausible one is as good as another.
    const inEpoch = at - place.at >= 12 && at - place.at < 16
    if (!inEpoch) bytes[at]! ^= 1 << bit
    return bytes
  })
  return place.index
}
