import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchSize, isBatchIntact } from '#libs/kafka-protocol'
import { asManyAsFit } from '#libs/testing'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { seededRandom, testBatch } from '../log/batch.fixture.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { LogManager } from '../log/log-manager.ts'
import type { PartitionLog } from '../log/partition-log.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 400)
const PARTITIONS = 5
const ALL = 2 ** PARTITIONS - 1
/** Small segments, and a redo log that is full after a few rounds. */
const config = { ...defaultLogConfig, segmentBytes: 2500, indexIntervalBytes: 500, retentionMs: -1 }
const redo = { bytes: 1800, afterRounds: 0 }

/** A partition, and what it was given. */
interface Subject {
  log: PartitionLog
  batches: Buffer[]
  durable: number
}

class Subjects {
  readonly fs = new MemoryFileSystem()
  manager!: LogManager
  private mounted!: Mount
  private readonly subjects: Subject[] = []
  private written = 0

  static async open(): Promise<Subjects> {
    const subjects = new Subjects()
    await subjects.start()
    return subjects
  }

  private async start(): Promise<void> {
    this.mounted = mount(this.fs)
    this.manager = await LogManager.open({
      fs: this.mounted.fs,
      dataDir: '/data',
      now: () => 1000,
      tailBytes: 500,
      redo,
    })
    for (let partition = 0; partition < PARTITIONS; partition++) await this.openPartition(partition)
  }

  private async openPartition(partition: number): Promise<void> {
    const log = await this.manager.openPartition('t', partition, config)
    const known = this.subjects[partition]
    if (known === undefined) this.subjects[partition] = { log, batches: [], durable: 0 }
    else known.log = log
  }

  /** Appends to those whose bit is set, as one request does, and notes what the disk has confirmed. */
  append(which: number, records: number): Promise<unknown> {
    const waiting: Promise<void>[] = []
    for (const [partition, subject] of this.subjects.entries()) {
      if ((which & (1 << partition)) === 0 || !subject.log.healthy) continue
      const values = Array.from({ length: records }, () => `value ${this.written++}`)
      const batch = testBatch({ values })
      const result = subject.log.append(batch)
      if (!result.ok) throw new Error(result.message)
      const { batches, log } = subject
      batches.push(Buffer.from(batch))
      const count = batches.length
      const durable = log.durable(result.lastOffset + 1).then(() => {
        if (subject.batches === batches) subject.durable = Math.max(subject.durable, count)
      })
      waiting.push(durable.catch(() => this.giveBack(subject, batches)))
    }
    return Promise.all(waiting)
  }

  /** A failed write has taken the append back; after a failed sync it is in the log. */
  private giveBack(subject: Subject, batches: Buffer[]): void {
    if (subject.batches !== batches) return
    while (batches.length > 0 && endOf(batches.at(-1)!) > subject.log.logEndOffset) batches.pop()
  }

  async perform(step: Step): Promise<void> {
    if (step.do === 'append') {
      const done = this.append(step.which, step.records)
      if (step.waits) await done
    } else if (step.do === 'burst') {
      for (let round = 0; round < 1 + (step.seed % 10); round++) await this.append(ALL, 1)
    } else if (step.do === 'turn') await new Promise(setImmediate)
    else if (step.do === 'checkpoint')
      await this.any(step.which)
        .log.checkpoint()
        .catch(() => {})
    else if (step.do === 'maintain') await this.manager.maintain()
    else if (step.do === 'recreate') await this.recreate(step.which % PARTITIONS)
    else if (step.do === 'fail') await this.failing(step)
    else await this.restart(step)
  }

  private any(which: number): Subject {
    return this.subjects[which % PARTITIONS]!
  }

  /** A topic is deleted, and another one of that name created. */
  private async recreate(partition: number): Promise<void> {
    const deleted = this.manager.deletePartition('t', partition)
    // As soon as the log is let go of, the name is free.
    this.subjects[partition] = { ...this.subjects[partition]!, batches: [], durable: 0 }
    await deleted
    await this.openPartition(partition)
  }

  private async failing({ which, records, seed }: Step): Promise<void> {
    const operation = seed % 2 === 0 ? 'sync' : 'write'
    let left = 1 + (seed % 3)
    this.fs.fail = (failing, path) => {
      // A refused write may leave whole batches, which a power cut can bring back: that is another test's matter.
      const isMeant = path.includes('redo') || (operation === 'sync' && seed % 5 < 3)
      const isHit = failing === operation && isMeant && left > 0
      if (isHit) left--
      return isHit ? 'EIO' : undefined
    }
    await this.append(which, records)
    this.fs.fail = () => undefined
    await this.manager.maintain()
    await this.manager.maintain()
  }

  private async restart({ do: how, seed }: Step): Promise<void> {
    const promised = this.subjects.map(({ durable }) => durable)
    if (how === 'stop') await this.manager.close()
    this.mounted.unmount()
    if (how === 'stop') this.fs.kill()
    else if (how === 'kill') this.fs.kill()
    else this.fs.crash(seededRandom(seed))
    // Answers of the life that is over change nothing any more.
    for (const subject of this.subjects) subject.batches = [...subject.batches]
    await this.start()
    for (const [partition, subject] of this.subjects.entries()) {
      const found = await contents(subject.log)
      expect(found).toEqual(subject.batches.slice(0, found.length))
      expect(found.length, `of partition ${partition}`).toBeGreaterThanOrEqual(promised[partition]!)
      subject.batches = found
      subject.durable = found.length
    }
    expect(this.fs.readdir('/data').filter((name) => name.startsWith('redo'))).toEqual([])
  }
}

const endOf = (batch: Buffer): number => Number(batch.readBigInt64BE(0)) + batch.readInt32BE(23) + 1

async function contents(log: PartitionLog): Promise<Buffer[]> {
  const found: Buffer[] = []
  for (let next = log.logStartOffset; next < log.highWatermark; ) {
    const result = await log.read(next, 250)
    if (!result.ok || result.records.length === 0) throw new Error(`stuck at ${next}`)
    const bytes = Buffer.concat(result.records)
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      expect(isBatchIntact(bytes, at)).toBe(true)
      found.push(bytes.subarray(at, at + batchSize(bytes, at)))
      next = endOf(found.at(-1)!)
    }
  }
  return found
}

const ACTIONS = [
  ...(['append', 'append', 'append', 'append', 'append', 'turn', 'turn', 'checkpoint', 'maintain'] as const),
  ...(['burst', 'burst', 'recreate', 'fail', 'stop', 'kill', 'crash', 'crash'] as const),
] as const

interface Step {
  readonly do: (typeof ACTIONS)[number]
  readonly which: number
  readonly records: number
  readonly waits: boolean
  readonly seed: number
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...ACTIONS),
  which: fc.integer({ min: 1, max: ALL }),
  records: fc.integer({ min: 1, max: 4 }),
  waits: fc.boolean(),
  seed: fc.nat(),
})

test('what many partitions were told to be durable is there after any crash, and nothing of a partition that was deleted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }),
      asManyAsFit(async (steps) => {
        const subjects = await Subjects.open()
        for (const one of steps) await subjects.perform(one)
        await subjects.perform({ do: 'crash', which: 1, records: 1, waits: true, seed: steps.length })
      }),
    ),
    { numRuns: RUNS },
  )
}, 60_000)
