import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { asManyAsFit } from '#libs/testing'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { seededRandom, testBatch } from '../log/batch.fixture.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type BootedController, bootController } from './controller.fixture.ts'
import { isRefusal, refusal } from './refusal.ts'
import type { Topic } from './topics.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 100)
const NAMES = ['a', 'b']
const KEYS = ['retention.ms', 'segment.ms', 'max.message.bytes']
const redo = { bytes: 1800, afterRounds: 0 }

/** What is known of one topic id, by what has been answered. */
interface Known {
  readonly name: string
  /** At least so many. */
  partitions: number
  readonly configs: Map<string, string>
  /** Values that were asked for and may or may not hold: under way, or refused by a disk. */
  readonly maybe: Map<string, Set<string | undefined>>
  /** By partition, the end of what was acknowledged. */
  readonly ends: Map<number, number>
  isDeletion: 'no' | 'asked' | 'done'
}

/**
 * A controller under operations that overlap as the scheduler likes, on a disk whose syncs take as long as it likes,
 * and what must be true of its topics whatever comes first.
 */
class Subject {
  private readonly fs = new MemoryFileSystem()
  private mounted!: Mount
  private booted!: BootedController
  private known = new Map<string, Known>()
  private readonly running = new Set<Promise<void>>()
  private life = 0
  private counter = 0

  private constructor(scheduler: fc.Scheduler) {
    for (const operation of ['syncDirectory'] as const) {
      const original = this.fs[operation].bind(this.fs)
      this.fs[operation] = async (path) => {
        await scheduler.schedule(Promise.resolve(), operation)
        return original(path)
      }
    }
  }

  static async open(scheduler: fc.Scheduler): Promise<Subject> {
    const subject = new Subject(scheduler)
    await scheduler.waitFor(subject.start())
    return subject
  }

  private async start(): Promise<void> {
    this.mounted = mount(this.fs)
    this.booted = await bootController(this.mounted.fs, redo)
  }

  /** Begins it; it ends when the scheduler lets it. */
  begin(step: Step): void {
    const { life } = this
    const work = this.perform(step, () => this.life === life).catch((error: unknown) => {
      if (this.life === life) throw error
    })
    const running = work.finally(() => this.running.delete(running))
    this.running.add(running)
  }

  private async perform(step: Step, lives: () => boolean): Promise<void> {
    const { controller } = this.booted
    const name = NAMES[step.which % NAMES.length]!
    const topic = controller.topics.find(name)
    if (step.do === 'create') this.noteCreated(await controller.createTopic(name, step.count, {}), lives)
    else if (step.do === 'autoCreate') this.noteCreated(await controller.findOrCreate(name), lives)
    else if (step.do === 'grow') await this.grow(name, step.count + 3, lives)
    else if (step.do === 'configure') await this.configure(name, KEYS[step.seed % KEYS.length]!, lives)
    else if (step.do === 'maintain') await this.booted.logs.maintain()
    else if (topic === undefined) return
    else if (step.do === 'delete') await this.delete(topic, lives)
    else await this.produce(topic, step.seed % topic.partitions, lives)
  }

  private of({ name, topicId }: Topic): Known {
    const known = this.known.get(topicId)
    if (known !== undefined) return known
    const fresh = {
      name,
      partitions: 0,
      configs: new Map(),
      maybe: new Map(),
      ends: new Map(),
      isDeletion: 'no',
    } as const
    this.known.set(topicId, { ...fresh })
    return this.known.get(topicId)!
  }

  private noteCreated(
    created: Awaited<ReturnType<BootedController['controller']['createTopic']>>,
    lives: () => boolean,
  ) {
    if (isRefusal(created) || !lives()) return
    const known = this.of(created)
    known.partitions = Math.max(known.partitions, created.partitions)
  }

  private async grow(name: string, partitions: number, lives: () => boolean): Promise<void> {
    let grown: Topic | undefined
    const refused = await this.booted.controller.createPartitions(name, partitions, (topic) => {
      grown = topic
      const isMore = topic !== undefined && topic.partitions < partitions
      return isMore ? undefined : refusal(ErrorCode.INVALID_PARTITIONS, 'not more')
    })
    if (refused !== undefined || !lives()) return
    const known = this.of(grown!)
    known.partitions = Math.max(known.partitions, partitions)
  }

  private async configure(name: string, key: string, lives: () => boolean): Promise<void> {
    const value = `${1000 + this.counter++}`
    let configured: Topic | undefined
    await this.booted.controller.alterConfigs(async (control) => {
      configured = this.booted.controller.topics.find(name)
      if (configured === undefined) return undefined
      const known = this.of(configured)
      const maybe = known.maybe.get(key) ?? new Set([known.configs.get(key)])
      known.maybe.set(key, maybe.add(value))
      await control.configureTopic(configured, { ...configured.configs, [key]: value })
      if (lives()) known.configs.set(key, value)
      if (lives()) known.maybe.delete(key)
      return undefined
    })
  }

  private async delete(topic: Topic, lives: () => boolean): Promise<void> {
    const known = this.of(topic)
    known.isDeletion = 'asked'
    const refused = await this.booted.controller.deleteTopic(topic)
    if (refused === undefined && lives()) known.isDeletion = 'done'
  }

  /** What is acknowledged is in the log of the topic that there is, not in one whose files are gone. */
  private async produce(topic: Topic, partition: number, lives: () => boolean): Promise<void> {
    const log: PartitionLog = topic.logs[partition]!
    const known = this.of(topic)
    const result = log.append(testBatch({ values: [`${topic.topicId} ${partition}`] }))
    expect(result.ok || known.isDeletion !== 'no', 'a partition that is there takes records').toBe(true)
    if (!result.ok) return
    try {
      await log.durable(result.lastOffset + 1)
    } catch (error) {
      // A deletion takes the file from under a sync that is under way: such a record is not acknowledged.
      if (known.isDeletion === 'no') throw error
      return
    }
    if (lives()) known.ends.set(partition, Math.max(known.ends.get(partition) ?? 0, result.lastOffset + 1))
  }

  async restart(how: 'stop' | 'kill' | 'crash', seed: number): Promise<void> {
    if (how === 'stop') {
      await Promise.all(this.running)
      await this.booted.close()
    }
    this.life++
    this.mounted.unmount()
    if (how === 'crash') this.fs.crash(seededRandom(seed))
    else this.fs.kill()
    this.running.clear()
    await this.start()
    await this.check()
  }

  async finish(): Promise<void> {
    await Promise.all(this.running)
    await this.booted.controller.settled()
    await this.check()
    await this.restart('crash', 1)
  }

  /** What was answered is so; what was not may be. */
  private async check(): Promise<void> {
    const { topics } = this.booted.controller
    for (const [topicId, known] of this.known) {
      const topic = topics.findById(topicId)
      if (known.isDeletion === 'done') expect(topic, 'a deleted topic stays deleted').toBeUndefined()
      if (known.isDeletion === 'no' && known.partitions > 0) expect(topic, 'a topic stays').toBeDefined()
      if (topic === undefined) this.known.delete(topicId)
      else await this.checkTopic(topic, known)
    }
    for (const topic of topics.all()) expect(topics.findById(topic.topicId)).toBe(topic)
  }

  private async checkTopic(topic: Topic, known: Known): Promise<void> {
    expect(topic.logs.length).toBe(topic.partitions)
    expect(topic.partitions).toBeGreaterThanOrEqual(known.partitions)
    for (const key of KEYS) {
      const possible = known.maybe.get(key) ?? new Set([known.configs.get(key)])
      expect(possible, key).toContain(topic.configs[key])
    }
    for (const [partition, log] of topic.logs.entries()) {
      expect(log.closed, 'its partitions are open').toBe(false)
      expect(log.logEndOffset).toBeGreaterThanOrEqual(known.ends.get(partition) ?? 0)
      if (log.logEndOffset === 0) continue
      const read = await log.read(0, 100_000)
      if (!read.ok) throw new Error(read.message)
      const text = Buffer.concat(read.records).toString('latin1')
      expect(text.match(/[0-9a-f]{32} \d/g), 'with its own records').toEqual(
        Array.from({ length: log.logEndOffset }, () => `${topic.topicId} ${partition}`),
      )
    }
  }
}

interface Step {
  readonly do: (typeof ACTIONS)[number]
  readonly which: number
  readonly count: number
  readonly seed: number
}

const ACTIONS = [
  ...(['create', 'create', 'autoCreate', 'grow', 'grow', 'configure', 'configure', 'delete', 'delete'] as const),
  ...(['produce', 'produce', 'produce', 'produce', 'maintain'] as const),
  ...(['turn', 'turn', 'turn', 'turn', 'turn', 'stop', 'kill', 'crash'] as const),
] as const

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...ACTIONS),
  which: fc.nat(NAMES.length - 1),
  count: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(),
})

test('topics are what was answered, through any interleaving of operations, records, stops, kills and power cuts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
      asManyAsFit(async (scheduler, steps) => {
        const subject = await Subject.open(scheduler)
        for (const one of steps) {
          if (one.do === 'turn') {
            for (let turns = 0; turns <= one.seed % 4; turns++) {
              if (scheduler.count() > 0) await scheduler.waitOne()
              await new Promise(setImmediate)
            }
          } else if (one.do === 'stop' || one.do === 'kill' || one.do === 'crash') {
            await scheduler.waitFor(subject.restart(one.do, one.seed))
          } else subject.begin(one)
        }
        await scheduler.waitFor(subject.finish())
      }),
    ),
    { numRuns: RUNS },
  )
}, 60_000)
