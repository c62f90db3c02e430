import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { asManyAsFit } from '#libs/testing'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { seededRandom, testBatch } from '../log/batch.fixture.ts'
import { markersIn, valuesIn } from '../log/committed-reader.fixture.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type Booted, bootTransactions } from './coordinator.fixture.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 150)
const TIMEOUT_MS = 10_000
const PARTITIONS = [0, 1]
const TRANSACTIONAL = 16
/** Where the offsets are of that are committed: not a log of this broker, which would bound them after a crash. */
const ELSEWHERE = 'elsewhere'
const settings = new LiveSettings({ 'log.segment.bytes': '1000', 'log.retention.ms': '-1' })

/** The plainest model of a transaction: what was written in it, and how it ended. */
interface ModelTransaction {
  state: 'open' | 'committed' | 'aborted'
  /** What it commits for the group. */
  offset: number | undefined
  /** Partitions that it was to write to. */
  readonly touched: Set<number>
}

const newTransaction = (state: ModelTransaction['state'], touched: readonly number[] = []): ModelTransaction => ({
  ...{ state, offset: undefined, touched: new Set(touched) },
})

interface ModelRecord {
  readonly value: string
  readonly transaction: ModelTransaction | undefined
}

/** One instance of a producer, as a client remembers it. */
interface Producer {
  readonly transactionalId: string
  /** Protocol 2: a new epoch with each transaction. */
  readonly bumps: boolean
  producerId: number
  epoch: number
  sequences: number[]
}

class Subject {
  private readonly fs = new MemoryFileSystem()
  private clock = new ManualClock()
  private broker!: Booted

  private readonly producers: (Producer | undefined)[] = [undefined, undefined, undefined]
  private readonly zombies: Producer[] = []
  private readonly open = new Map<string, ModelTransaction>()
  private readonly over: ModelTransaction[] = []
  private readonly records: ModelRecord[][] = PARTITIONS.map(() => [])
  private offset = -1
  private written = 0

  static async start(): Promise<Subject> {
    const subject = new Subject()
    await subject.boot()
    await subject.broker.controller.createTopic('t', PARTITIONS.length, {})
    return subject
  }

  async perform({ do: what, producer: index, partition, commit, turns, seed }: Step): Promise<void> {
    if (what === 'plain') await this.plain(partition)
    else if (what === 'timeout') await this.timeOut()
    else if (what === 'stop') await this.restart(() => this.broker.close())
    else if (what === 'kill') await this.restart(async () => this.fs.kill())
    else if (what === 'power cut') await this.restart(async () => this.fs.crash(seededRandom(seed)))
    else if (what === 'takeover') await this.takeOver(index)
    else if (what === 'zombie') await this.haunt(seed)
    else {
      this.producers[index] ??= await this.initialize(index)
      const producer = this.producers[index]
      const die = async () => (seed % 2 === 0 ? this.fs.kill() : this.fs.crash(seededRandom(seed)))
      if (what === 'write') await this.write(producer, partition)
      else if (what === 'write, and die') await this.writeAndDie(producer, partition, turns, die, commit)
      else if (what === 'offset') await this.commitOffset(producer)
      else if (what === 'offset, and die') await this.commitOffsetAndDie(producer, turns, die)
      else if (what === 'end') await this.end(producer, commit)
      else if (what === 'end, and die') await this.endAndDie(producer, commit, turns, die)
      else await this.endOnBadDisk(producer, commit, seed)
    }
    await this.check()
  }

  /** Readers see what the model says, and whoever waits for a transaction waits for an open one. */
  async check(): Promise<void> {
    for (const partition of PARTITIONS) {
      const records = this.records[partition]!
      expect(await valuesIn(this.log(partition), 'READ_UNCOMMITTED')).toEqual(records.map(({ value }) => value))
      const firstOpen = records.findIndex(({ transaction }) => transaction?.state === 'open')
      const stable = firstOpen < 0 ? records : records.slice(0, firstOpen)
      const visible = stable.filter(({ transaction }) => (transaction?.state ?? 'committed') === 'committed')
      expect(await valuesIn(this.log(partition), 'READ_COMMITTED', 200)).toEqual(visible.map(({ value }) => value))
      const mayHaveEnded = this.over.filter(({ touched }) => touched.has(partition)).length
      expect(await markersIn(this.log(partition))).toBeLessThanOrEqual(mayHaveEnded)
    }
    expect(this.broker.groups.offsetsOf('g').committed.get(ELSEWHERE)?.get(0)?.offset ?? -1).toBe(this.offset)
  }

  private async boot(): Promise<void> {
    this.broker = await bootTransactions(this.fs, this.clock, settings)
  }

  private async restart(stop: () => Promise<void>): Promise<void> {
    await stop()
    this.broker.end()
    this.clock = new ManualClock(this.clock.now() + 1)
    await this.boot()
    for (const { state } of this.broker.transactions.all()) expect(state).not.toMatch(/^Prepare/)
  }

  private log(partition: number): PartitionLog {
    return this.broker.topics.find('t')!.logs[partition]!
  }

  private async plain(partition: number): Promise<void> {
    const value = this.nextValue()
    const result = this.log(partition).append(testBatch({ values: [value] }))
    if (!result.ok) throw new Error(result.message)
    await this.log(partition).durable(result.lastOffset + 1)
    this.records[partition]!.push({ value, transaction: undefined })
  }

  private async initialize(index: number): Promise<Producer> {
    const transactionalId = `p${index}`
    const init = { transactionalId, timeoutMs: TIMEOUT_MS, current: undefined }
    for (let attempt = 0; attempt < 2; attempt++) {
      const { errorCode, producerId, epoch } = await this.broker.transactions.initProducer(init)
      if (errorCode === ErrorCode.NONE) {
        return { transactionalId, bumps: index > 0, producerId, epoch, sequences: PARTITIONS.map(() => 0) }
      }
      expect(errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
      this.ended(transactionalId, 'aborted')
    }
    throw new Error(`${transactionalId} gets no producer id`)
  }

  private async takeOver(index: number): Promise<void> {
    const old = this.producers[index]
    this.producers[index] = await this.initialize(index)
    if (old !== undefined) this.zombies.push({ ...old, sequences: [...old.sequences] })
  }

  /** Whatever one that was replaced still wants, it is not to happen. */
  private async haunt(seed: number): Promise<void> {
    const zombie = this.zombies[seed % Math.max(1, this.zombies.length)]
    if (zombie === undefined) return
    const { transactionalId, producerId, epoch } = zombie
    expect(this.add(zombie, 0).errorCode).not.toBe(ErrorCode.NONE)
    const batch = testBatch({ values: ['zombie'], producerId, epoch, attributes: TRANSACTIONAL })
    const result = this.log(0).append(batch)
    expect(result.ok && !result.duplicate).toBe(false)
    const end = { producerId, epoch, outcome: 'commit' } as const
    expect((await this.broker.transactions.end(transactionalId, end, false)).errorCode).toBe(ErrorCode.PRODUCER_FENCED)
  }

  private add({ transactionalId, producerId, epoch }: Producer, partition: number) {
    return this.broker.transactions.add(transactionalId, {
      producerId,
      epoch,
      partitions: [['t', [partition]]],
      groups: [],
    })
  }

  private append(producer: Producer, partition: number, value = this.nextValue()) {
    const { producerId, epoch, sequences } = producer
    const { errorCode, durable } = this.add(producer, partition)
    expect(errorCode).toBe(ErrorCode.NONE)
    const sequence = sequences[partition]!
    const batch = testBatch({ values: [value], producerId, epoch, sequence, attributes: TRANSACTIONAL })
    const result = this.log(partition).append(batch, true)
    if (!result.ok) throw new Error(result.message)
    const acknowledged = Promise.all([durable, this.log(partition).durable(result.lastOffset + 1)])
    return { value, acknowledged, duplicate: result.duplicate }
  }

  private wrote(producer: Producer, partition: number, value: string, transaction: ModelTransaction): void {
    producer.sequences[partition]!++
    this.records[partition]!.push({ value, transaction })
  }

  private async write(producer: Producer, partition: number): Promise<void> {
    const { value, acknowledged } = this.append(producer, partition)
    await acknowledged
    this.wrote(producer, partition, value, this.openOf(producer, partition))
  }

  /** Nobody is told what became of it. Sent again, as clients do, it is there once and part of what the producer ends. */
  private async writeAndDie(
    producer: Producer,
    partition: number,
    turns: number,
    die: () => Promise<void>,
    again: boolean,
  ): Promise<void> {
    const { value, acknowledged } = this.append(producer, partition)
    acknowledged.catch(() => {})
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    await this.restart(die)
    const found = this.broker.transactions.find(producer.transactionalId)!
    expect([found.producerId, found.epoch]).toEqual([producer.producerId, producer.epoch])
    const isKnown = found.state === 'Ongoing' && found.partitions.get('t')?.has(partition) === true
    const isThere = (await valuesIn(this.log(partition), 'READ_UNCOMMITTED')).includes(value)
    if (isThere) expect(isKnown).toBe(true)
    if (found.state === 'Ongoing') this.openOf(producer, isKnown ? partition : undefined)
    if (again) {
      const repeated = this.append(producer, partition, value)
      await repeated.acknowledged
      expect(repeated.duplicate).toBe(isThere)
    }
    if (again || isThere) this.wrote(producer, partition, value, this.openOf(producer, partition))
  }

  private async commitOffset(producer: Producer): Promise<void> {
    const { offset, acknowledged } = this.askCommit(producer)
    expect(await acknowledged).toEqual([[ErrorCode.NONE], undefined])
    this.openOf(producer).offset = offset
    this.clock.pass(1)
  }

  private askCommit(producer: Producer) {
    const { transactionalId, producerId, epoch } = producer
    const wanted = { producerId, epoch, partitions: [], groups: ['g'] }
    const { errorCode, durable } = this.broker.transactions.add(transactionalId, wanted)
    expect(errorCode).toBe(ErrorCode.NONE)
    const offset = ++this.written
    const committed = {
      topic: ELSEWHERE,
      partition: 0,
      offset,
      leaderEpoch: 0,
      metadata: '',
      committedAt: this.clock.now(),
    }
    const commit = { memberId: '', instanceId: null, generation: -1, offsets: [committed], producerId }
    return { offset, acknowledged: Promise.all([this.broker.groups.commit('g', commit), durable]) }
  }

  /** Unless the coordinator knows of the group, nothing may be left in it that a later transaction could commit. */
  private async commitOffsetAndDie(producer: Producer, turns: number, die: () => Promise<void>): Promise<void> {
    const { offset, acknowledged } = this.askCommit(producer)
    acknowledged.catch(() => {})
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    await this.restart(die)
    const { state, groups } = this.broker.transactions.find(producer.transactionalId)!
    const pending = this.broker.groups.offsetsOf('g').pending.get(producer.producerId)?.get(ELSEWHERE)?.get(0)?.offset
    if (state === 'Ongoing') this.openOf(producer)
    if (state !== 'Ongoing' || !groups.has('g')) expect(pending).toBeUndefined()
    else if (pending === offset) this.openOf(producer).offset = offset
  }

  private async end(producer: Producer, commit: boolean): Promise<void> {
    if (!this.open.has(producer.transactionalId)) return
    const { errorCode, producerId, epoch } = await this.askEnd(producer, commit)
    expect(errorCode).toBe(ErrorCode.NONE)
    this.ended(producer.transactionalId, commit ? 'committed' : 'aborted')
    this.goOn(producer, producerId, epoch)
  }

  private askEnd({ transactionalId, producerId, epoch, bumps }: Producer, commit: boolean) {
    const end = { producerId, epoch, outcome: commit ? 'commit' : 'abort' } as const
    return this.broker.transactions.end(transactionalId, end, bumps)
  }

  private goOn(producer: Producer, producerId: number, epoch: number): void {
    if (producer.producerId === producerId && producer.epoch === epoch) return
    Object.assign(producer, { producerId, epoch, sequences: PARTITIONS.map(() => 0) })
  }

  /** It has ended as it was to end, or not at all: never here and not there. */
  private async endAndDie(producer: Producer, commit: boolean, turns: number, die: () => Promise<void>): Promise<void> {
    if (!this.open.has(producer.transactionalId)) return
    this.askEnd(producer, commit).catch(() => {})
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    await this.restart(die)
    this.learnOutcome(producer, commit)
  }

  /** Whichever file it is that fails: the outcome is decided once, and comes true when the disk is well again. */
  private async endOnBadDisk(producer: Producer, commit: boolean, seed: number): Promise<void> {
    if (!this.open.has(producer.transactionalId)) return
    const bad = ['transactions.journal', 'groups.journal', 't-0', 't-1'][seed % 4]!
    const failing = seed % 8 < 4 ? 'write' : 'sync'
    this.fs.fail = (operation, path) => (operation === failing && path.includes(bad) ? 'EIO' : undefined)
    const { errorCode } = await this.askEnd(producer, commit)
    const isDecided = bad !== 'transactions.journal'
    expect(errorCode).toBe(isDecided ? ErrorCode.NONE : ErrorCode.COORDINATOR_NOT_AVAILABLE)
    this.fs.fail = () => undefined
    await this.broker.logs.maintain()
    this.clock.pass(1000)
    const state = () => this.broker.transactions.find(producer.transactionalId)!.state
    while (state().startsWith('Prepare')) await new Promise(setImmediate)
    this.learnOutcome(producer, commit)
  }

  private learnOutcome(producer: Producer, commit: boolean): void {
    const { state, producerId, epoch } = this.broker.transactions.find(producer.transactionalId)!
    if (state === 'Ongoing') return
    expect(state).toBe(commit ? 'CompleteCommit' : 'CompleteAbort')
    this.ended(producer.transactionalId, commit ? 'committed' : 'aborted')
    this.goOn(producer, producerId, epoch)
  }

  private async timeOut(): Promise<void> {
    this.clock.pass(TIMEOUT_MS + 1)
    await this.broker.transactions.abortTimedOut()
    for (const [index, producer] of this.producers.entries()) {
      if (producer === undefined || !this.open.has(producer.transactionalId)) continue
      this.zombies.push(producer)
      this.producers[index] = undefined
      this.ended(producer.transactionalId, 'aborted')
    }
  }

  private openOf({ transactionalId }: Producer, touched?: number): ModelTransaction {
    const open = this.open.get(transactionalId) ?? newTransaction('open')
    this.open.set(transactionalId, open)
    if (touched !== undefined) open.touched.add(touched)
    return open
  }

  private ended(transactionalId: string, state: 'committed' | 'aborted'): void {
    const transaction = this.open.get(transactionalId)
    this.open.delete(transactionalId)
    if (transaction === undefined) return
    transaction.state = state
    this.over.push(transaction)
    const { offset } = transaction
    if (state === 'committed' && offset !== undefined) this.offset = Math.max(this.offset, offset)
  }

  private nextValue(): string {
    return `v${++this.written}`
  }
}

/** Some of them more often than others. */
const ACTIONS = [
  ...(['write', 'write', 'write', 'write', 'end', 'end', 'end', 'offset', 'plain'] as const),
  ...(['takeover', 'zombie', 'timeout', 'stop', 'kill', 'power cut'] as const),
  ...(['write, and die', 'offset, and die', 'end, and die', 'end, and die', 'end on a bad disk'] as const),
] as const

interface Step {
  readonly do: (typeof ACTIONS)[number]
  readonly producer: number
  readonly partition: number
  readonly commit: boolean
  readonly turns: number
  readonly seed: number
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...ACTIONS),
  producer: fc.nat(2),
  partition: fc.nat(1),
  commit: fc.boolean(),
  turns: fc.nat(12),
  seed: fc.nat(),
})

test('whatever producers do and whenever the broker dies: committed readers see what was committed, whole and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      asManyAsFit(async (steps) => {
        const subject = await Subject.start()
        await subject.check()
        for (const one of steps) await subject.perform(one)
      }),
    ),
    { numRuns: RUNS },
  )
})
