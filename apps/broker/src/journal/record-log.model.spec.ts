import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFit } from '#libs/testing'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { seededRandom } from '../log/batch.fixture.ts'
import { LogManager } from '../log/log-manager.ts'
import { RecordLog } from './record-log.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 150)
/** A dozen of these make the journal worth compacting. */
const LARGE = 'x'.repeat(100_000)

type NumberRecord =
  | { readonly type: 'Added'; readonly number: number; readonly padding: string }
  | { readonly type: 'All'; readonly numbers: readonly number[] }

/** The plainest state there is, the numbers 1, 2, 3 … so far, kept by a record log on a disk that fails and forgets. */
class Subject {
  private readonly fs = new MemoryFileSystem()
  private mounted!: Mount
  private log!: RecordLog<NumberRecord>
  private numbers: number[] = []
  private acknowledged = 0
  private life = 0

  static async open(): Promise<Subject> {
    const subject = new Subject()
    await subject.start()
    return subject
  }

  async perform({ do: action, count, seed }: Step): Promise<void> {
    if (action === 'append') this.append(count, seed % 3 === 0 ? LARGE : '')
    else if (action === 'settle') await this.settle()
    else if (action === 'turn') await new Promise(setImmediate)
    else if (action === 'fail') this.fail(seed)
    else if (action === 'repair') this.fs.fail = () => undefined
    else if (action === 'kill') await this.restart(() => this.fs.kill())
    else await this.restart(() => this.fs.crash(seededRandom(seed)))
  }

  /** Once the disk works again, so does the log, whatever has happened to it. */
  async finish(): Promise<void> {
    this.fs.fail = () => undefined
    await this.log.settled()
    this.acknowledged = this.numbers.length
    this.append(1, '')
    await this.log.settled()
    await this.restart(() => this.fs.crash(() => 0.99))
  }

  private async start(): Promise<void> {
    this.mounted = mount(this.fs)
    const logs = await LogManager.open({ fs: this.mounted.fs, dataDir: '/data', now: () => 0 })
    const before = this.numbers
    const replayed: number[] = []
    this.numbers = replayed
    this.log = await RecordLog.open<NumberRecord>(
      logs,
      'numbers',
      (record) => {
        if (record.type === 'Added') replayed.push(record.number)
        else replayed.splice(0, Infinity, ...record.numbers)
      },
      () => [{ type: 'All', numbers: this.numbers }],
    )
    expect(replayed).toEqual(before.slice(0, replayed.length))
    expect(replayed.length).toBeGreaterThanOrEqual(this.acknowledged)
  }

  private append(count: number, padding: string): void {
    const { life } = this
    const records = Array.from({ length: count }, (_, index) => {
      return { type: 'Added' as const, number: this.numbers.length + 1 + index, padding }
    })
    this.numbers.push(...records.map(({ number }) => number))
    const { length } = this.numbers
    this.log.append(records).then(
      () => {
        if (this.life === life) this.acknowledged = Math.max(this.acknowledged, length)
      },
      () => {},
    )
  }

  private async settle(): Promise<void> {
    const { length } = this.numbers
    const settled = await this.log.settled().then(
      () => true,
      () => false,
    )
    if (settled) this.acknowledged = Math.max(this.acknowledged, length)
  }

  /** Some operations fail from now on: now and then, or always. */
  private fail(seed: number): void {
    const random = seededRandom(seed)
    const failing = seed % 2 === 0 ? 1 : 0.3
    this.fs.fail = (operation) => (random() < failing && operation !== 'open' ? 'EIO' : undefined)
  }

  private async restart(stop: () => void): Promise<void> {
    this.life++
    this.mounted.unmount()
    this.fs.fail = () => undefined
    stop()
    await this.start()
  }
}

interface Step {
  readonly do: (typeof ACTIONS)[number]
  readonly count: number
  readonly seed: number
}

const ACTIONS = [
  ...(['append', 'append', 'append', 'append', 'settle', 'turn', 'turn'] as const),
  ...(['fail', 'repair', 'kill', 'crash'] as const),
] as const

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...ACTIONS),
  count: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(),
})

const once = (action: Step['do'], seed = 0): Step => ({ do: action, count: 1, seed })

test('a compaction that brings in what was refused, and fails after another one succeeded, leaves no hole', async () => {
  const subject = await Subject.open()
  const appends = (count: number) => Array.from({ length: count }, () => once('append'))
  const steps = [once('fail'), ...appends(1), once('settle'), ...appends(2), once('fail', 896_149_137), once('settle')]
  for (const one of [...steps, ...appends(5)]) await subject.perform(one)
  await subject.finish()
})

test('while the disk refuses, appends share the attempts to write everything anew', async () => {
  const fs = new MemoryFileSystem()
  const logs = await LogManager.open({ fs, dataDir: '/data', now: () => 0 })
  const numbers: number[] = []
  let snapshots = 0
  const log = await RecordLog.open<number>(
    logs,
    'numbers',
    (number) => numbers.push(number),
    () => {
      snapshots++
      return numbers
    },
  )
  fs.fail = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
  const append = (number: number) => {
    numbers.push(number)
    return log.append([number]).catch(() => {})
  }
  await append(0)
  await Promise.all(Array.from({ length: 100 }, (_, number) => append(number)))
  expect(snapshots).toBe(2)
  expect(fs.readdir('/data').filter((name) => name.endsWith('.tmp'))).toEqual([])
  fs.fail = () => undefined
  await append(101)
  fs.crash(() => 0.99)
  const replayed: number[] = []
  const after = await LogManager.open({ fs, dataDir: '/data', now: () => 0 })
  await RecordLog.open<number>(
    after,
    'numbers',
    (number) => replayed.push(number),
    () => replayed,
  )
  expect(replayed).toEqual(numbers)
})

test('a state kept by a record log comes back without a hole and with all that was acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
      asManyAsFit(async (steps) => {
        const subject = await Subject.open()
        for (const one of steps) await subject.perform(one)
        await subject.finish()
      }),
    ),
    { numRuns: RUNS },
  )
})
