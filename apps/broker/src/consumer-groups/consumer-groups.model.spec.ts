import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Api,
  ErrorCode,
  type Fields,
  type RequestOf,
  type ResponseOf,
  readAssignment,
  writeAssignment,
  writeSubscription,
} from '#libs/kafka-protocol'
import { configureLogging } from '#libs/logging'
import { asManyAsFit } from '#libs/testing'
import { handleOffsetCommit } from '../apis/08-offset-commit.ts'
import { handleConsumerGroupHeartbeat } from '../apis/68-consumer-group-heartbeat.ts'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { testContext } from '../handler.fixture.ts'
import type { Handler } from '../handler.ts'
import { seededRandom } from '../log/batch.fixture.ts'
import { stateOf } from './consumer-group.ts'
import { byTopic, indexOf, keysOf, type PartitionKey, topicIdOf } from './partitions.ts'

// Brokers die here while they write, and say so.
configureLogging({ level: 'silent' })

const RUNS = Number(process.env.FUZZ_RUNS ?? 80)
const GROUP = 'g'
const SESSION_MS = 45_000
const REBALANCE_MS = 20_000
const TOPICS = ['t1', 't2', 't3']
const settings = new LiveSettings({ 'group.consumer.session.timeout.ms': String(SESSION_MS) })

/** A client: it believes what it was told last, and may be slow to act on it. */
interface Actor {
  readonly instanceId: string | null
  memberId: string
  lives: number
  memberEpoch: number
  /** An answer was lost: it says everything again. */
  saysAll: boolean
  /** What it reads. */
  reads: Set<PartitionKey>
  /** What it was told to read. */
  told: Set<PartitionKey>
}

/** A client that speaks the classic protocol: what it has asked for may be answered much later. */
interface ClassicActor {
  memberId: string
  generation: number
  reads: Set<PartitionKey>
  /** The partitions that it knew when it joined. */
  known: string
  isWaiting: boolean
}

const NEW_CLASSIC = { memberId: '', generation: -1, known: '', isWaiting: false }

/** Members of one group with everything that may befall them, and what must be true whatever does. */
class Subject {
  private readonly fs = new MemoryFileSystem()
  private mounted!: Mount
  private clock = new ManualClock()
  private broker!: Broker
  private readonly actors: Actor[] = ['a', 'b', 'c', 'd'].map((memberId, i) => ({
    ...{ instanceId: i === 3 ? 'static' : null, memberId, lives: 0, memberEpoch: 0, saysAll: true },
    ...{ reads: new Set(), told: new Set() },
  }))

  private classic: ClassicActor = { ...NEW_CLASSIC, reads: new Set() }
  private classicJoins = 0
  /** What went wrong while the classic client waited for its answers. */
  private failure: { readonly error: unknown } | undefined

  static async open(): Promise<Subject> {
    const subject = new Subject()
    await subject.start()
    await subject.broker.controller.createTopic('t1', 3, {})
    return subject
  }

  private async start(): Promise<void> {
    this.mounted = mount(this.fs)
    this.broker = await Broker.open({ settings, clock: this.clock, fs: this.mounted.fs, dataDir: '/data' })
  }

  private get group() {
    return this.broker.groups.consumer.find(GROUP)
  }

  /** The first of these at a time when it is not lost is what the others are answered by. */
  async heartbeat(actor: Actor, isAnswerLost = false): Promise<void> {
    const isJoining = actor.memberEpoch === 0
    if (isJoining) this.forget(actor)
    const request = this.request(actor, actor.memberEpoch)
    if (isAnswerLost) this.expectLoss(actor)
    const answer = await this.send(handleConsumerGroupHeartbeat, request)
    if (isAnswerLost) return
    actor.saysAll = false
    if (answer.errorCode === ErrorCode.NONE) {
      actor.memberEpoch = answer.memberEpoch!
      if (answer.assignment) actor.told = new Set(keysOf(answer.assignment.topicPartitions))
    } else {
      const expected = [ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.GROUP_ID_NOT_FOUND]
      expect([...expected, ErrorCode.UNRELEASED_INSTANCE_ID, ErrorCode.FENCED_INSTANCE_ID]).toContain(answer.errorCode)
      this.forget(actor)
    }
  }

  /**
   * It has said what it reads, and the broker may take its word, as Kafka does, and give others what else it was told to
   * read: so it begins with nothing before it is answered.
   */
  private expectLoss(actor: Actor): void {
    actor.saysAll = true
    actor.told = new Set([...actor.told].filter((key) => actor.reads.has(key)))
  }

  private request({ memberId, instanceId, reads, saysAll }: Actor, memberEpoch: number) {
    const isFull = memberEpoch === 0 || saysAll
    return {
      ...{ groupId: GROUP, memberId, memberEpoch, instanceId, rackId: null, serverAssignor: null },
      ...{ rebalanceTimeoutMs: isFull ? REBALANCE_MS : -1, subscribedTopicNames: isFull ? ['t1'] : null },
      subscribedTopicRegex: isFull ? 't[23]' : null,
      topicPartitions: byTopic(reads),
    }
  }

  /** It acts on what it was told: gives up what is not its own any more, begins with what is. */
  obey(actor: Actor): void {
    actor.reads = new Set(actor.told)
    this.check()
  }

  async leave(actor: Actor): Promise<void> {
    if (actor.memberEpoch === 0) return
    const epoch = actor.instanceId === null ? -1 : -2
    await this.send(handleConsumerGroupHeartbeat, this.request(actor, epoch))
    this.forget(actor)
    // A static member comes back as another process.
    if (actor.instanceId !== null) actor.memberId = `${actor.instanceId}-${++actor.lives}`
  }

  /** Whoever may commit what it reads is the only one who reads it. */
  async commit(actor: Actor): Promise<void> {
    for (const key of actor.reads) {
      const topic = this.broker.topics.findById(topicIdOf(key))
      if (topic === undefined) continue
      const partition = { partitionIndex: indexOf(key), committedOffset: 0, committedLeaderEpoch: -1 }
      const answer = await this.send(handleOffsetCommit, {
        ...{ groupId: GROUP, memberId: actor.memberId, groupInstanceId: actor.instanceId },
        ...{ generationIdOrMemberEpoch: actor.memberEpoch, retentionTimeMs: -1 },
        topics: [{ name: topic.name, topicId: topic.topicId, partitions: [{ ...partition, committedMetadata: '' }] }],
      })
      const { errorCode } = answer.topics[0]!.partitions[0]!
      if (errorCode === ErrorCode.NONE) expect(this.readersOf(key)).toEqual([actor.memberId])
      else expect([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.STALE_MEMBER_EPOCH]).toContain(errorCode)
    }
  }

  private forget(actor: Actor): void {
    actor.memberEpoch = 0
    actor.reads = new Set()
    actor.told = new Set()
  }

  /**
   * As classic consumers do that give up nothing but what they are told to: it joins again when a heartbeat says so, or
   * when there are other partitions than before.
   */
  async classicWork(): Promise<void> {
    const actor = this.classic
    if (actor.isWaiting) return
    const { memberId, generation } = actor
    const errorCode = this.broker.groups.heartbeat(GROUP, { memberId, instanceId: null, generation })
    const hasNews = actor.known !== String(this.allPartitions())
    if (errorCode === ErrorCode.NONE && !hasNews) return
    const mayGoOn = errorCode === ErrorCode.NONE || errorCode === ErrorCode.REBALANCE_IN_PROGRESS
    if (!mayGoOn) Object.assign(actor, { generation: -1, reads: new Set() })
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) actor.memberId = ''
    actor.isWaiting = true
    const joined = this.classicJoin(actor)
      .catch((error) => {
        if (actor === this.classic) this.failure ??= { error }
      })
      .finally(() => {
        actor.isWaiting = false
      })
    // In a classic group it waits for the others, or for time to pass.
    await Promise.race([joined, this.settled()])
  }

  /** Lets time pass; what was due by then is done when it resolves. */
  private async pass(ms: number): Promise<void> {
    this.clock.pass(ms)
    await this.settled()
  }

  /** Resolves when whatever waits for nothing but the disk has its answer: a join and the sync after it, at most. */
  private async settled(): Promise<void> {
    for (let answer = 0; answer < 3; answer++) {
      await this.broker.groups.settled()
      await turns()
    }
  }

  private async classicJoin(actor: ClassicActor): Promise<void> {
    actor.known = String(this.allPartitions())
    const ownedPartitions = this.named(actor.reads)
    const metadata = writeSubscription(1, { topics: TOPICS, userData: null, ownedPartitions })
    const answer = await this.broker.groups.join(GROUP, {
      ...{ memberId: actor.memberId, instanceId: null, clientId: 'c', clientHost: '/h', protocolType: 'consumer' },
      ...{ sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: REBALANCE_MS, protocols: [{ name: 'p', metadata }] },
      ...{ newMemberId: `classic-${++this.classicJoins}`, requiresMemberId: false, canSkipAssignment: false },
    })
    if (actor !== this.classic || answer.errorCode !== ErrorCode.NONE) return
    const { memberId, generation } = answer
    Object.assign(actor, { memberId, generation })
    const isLeader = answer.leader === memberId
    const all = { assignedPartitions: this.named(this.allPartitions()), userData: null }
    const sync = { memberId, instanceId: null, generation, protocolType: null, protocol: null }
    const assignments = isLeader ? [{ memberId, assignment: writeAssignment(1, all) }] : []
    const synced = await this.broker.groups.sync(GROUP, { ...sync, assignments })
    if (actor !== this.classic || synced.errorCode !== ErrorCode.NONE) return
    const { assignedPartitions } = readAssignment(synced.assignment)!
    const known = assignedPartitions.map(({ topic, partitions }) => ({
      ...{ topicId: this.broker.topics.find(topic)?.topicId ?? 'gone', partitions },
    }))
    actor.reads = new Set(keysOf(known))
    this.check()
  }

  private named(keys: Iterable<PartitionKey>) {
    return byTopic(keys).flatMap(({ topicId, partitions }) => {
      const topic = this.broker.topics.findById(topicId)?.name
      return topic === undefined ? [] : [{ topic, partitions }]
    })
  }

  private allPartitions(): PartitionKey[] {
    return [...this.broker.topics.all()].flatMap(({ topicId, partitions }) =>
      keysOf([{ topicId, partitions: Array.from({ length: partitions }, (_, i) => i) }]),
    )
  }

  async classicLeave(): Promise<void> {
    const { memberId } = this.classic
    this.classic = { ...NEW_CLASSIC, reads: new Set() }
    await this.broker.groups.leave(GROUP, [{ memberId, instanceId: null }])
  }

  /** Those who are out may still read, but nobody believes them. */
  private readersOf(key: PartitionKey): string[] {
    const members = this.group?.members ?? this.broker.groups.find(GROUP)?.members
    return [...this.actors, this.classic]
      .filter(({ reads, memberId }) => reads.has(key) && members?.has(memberId) === true)
      .map(({ memberId }) => memberId)
  }

  check(): void {
    if (this.failure !== undefined) throw this.failure.error
    for (const { reads } of [...this.actors, this.classic]) {
      for (const key of reads) expect(this.readersOf(key).length, `readers of ${key}`).toBeLessThanOrEqual(1)
    }
  }

  async changeTopics(seed: number): Promise<void> {
    const name = TOPICS[seed % TOPICS.length]!
    const topic = this.broker.topics.find(name)
    const { controller } = this.broker
    if (topic === undefined) await controller.createTopic(name, 1 + (seed % 3), {})
    else if (seed % 2 === 0) await controller.createPartitions(name, topic.partitions + 1, () => undefined)
    else await controller.deleteTopic(topic)
  }

  async restart(how: 'kill' | 'power cut', seed: number): Promise<void> {
    const actor = this.actors[seed % this.actors.length]!
    // Its answer is not waited for; what it asked for may be on disk or not.
    if (seed % 3 === 0) void this.heartbeat(actor, true).catch(() => {})
    this.mounted.unmount()
    // Its timers end; whatever it still wants of the disk fails.
    void this.broker.close().catch(() => {})
    if (how === 'kill') this.fs.kill()
    else this.fs.crash(seededRandom(seed))
    this.clock = new ManualClock(this.clock.now() + (seed % 3000))
    await this.start()
    this.classic = { ...this.classic, isWaiting: false }
    this.check()
  }

  /** All but the classic client leave: the group speaks its protocol again, and it reads everything. */
  async goBack(): Promise<void> {
    for (const actor of this.actors) await this.leave(actor)
    // For longer than the sessions of those who have not said that they left, and the rebalance after that.
    for (let turn = 0; turn < 60; turn++) {
      await this.classicWork()
      await this.pass(1500)
    }
    expect(this.group).toBeUndefined()
    expect([...this.classic.reads].sort()).toEqual(this.allPartitions().sort())
  }

  /** Everybody comes, and in the end everything is read, by as many as there are, evenly. */
  async finish(): Promise<void> {
    await this.classicLeave()
    // For longer than a session, in which somebody may still be believed to be there.
    for (let turn = 0; turn < 40; turn++) {
      for (const actor of this.actors) {
        await this.heartbeat(actor)
        this.obey(actor)
        await this.commit(actor)
      }
      await this.pass(1500)
    }
    expect(stateOf(this.group!)).toBe('Stable')
    const all = this.allPartitions()
    expect(this.actors.flatMap(({ reads }) => [...reads]).sort()).toEqual(all.sort())
    const counts = this.actors.map(({ reads }) => reads.size)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    await this.broker.close()
    expect(this.clock.pending).toBe(0)
  }

  private async send<Q extends Fields, S extends Fields>(
    { handle }: Handler<Q, S>,
    request: RequestOf<Api<Q, S>>,
  ): Promise<ResponseOf<Api<Q, S>>> {
    const apiVersion = handle === (handleOffsetCommit.handle as unknown) ? 9 : 1
    const answer = await handle(request, testContext(this.broker, { apiVersion }))
    if (typeof answer === 'symbol') throw new Error('there is an answer to everything')
    return answer
  }

  async perform({ do: deed, actor: index, seed }: Step): Promise<void> {
    const actor = this.actors[index]!
    if (deed === 'work') {
      await this.heartbeat(actor)
      this.obey(actor)
      await this.commit(actor)
    } else if (deed === 'heartbeat') await this.heartbeat(actor, seed % 4 === 0)
    else if (deed === 'obey') this.obey(actor)
    else if (deed === 'commit') await this.commit(actor)
    else if (deed === 'leave') await this.leave(actor)
    else if (deed === 'classic') await this.classicWork()
    else if (deed === 'classic leaves') await this.classicLeave()
    else if (deed === 'topics') await this.changeTopics(seed)
    else if (deed === 'pass') await this.pass(seed % 5 === 0 ? SESSION_MS : (seed * 37) % 5000)
    else await this.restart(deed, seed)
    this.check()
  }
}

/** Long enough for what follows an answer of the disk. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
}

interface Step {
  readonly do: (typeof DEEDS)[number]
  readonly actor: number
  readonly seed: number
}
const DEEDS = [
  ...(['work', 'work', 'work', 'work', 'heartbeat', 'heartbeat', 'obey', 'commit', 'leave'] as const),
  ...(['classic', 'classic', 'classic', 'classic leaves'] as const),
  ...(['topics', 'pass', 'pass', 'kill', 'power cut'] as const),
]
const step = fc.record({ do: fc.constantFrom(...DEEDS), actor: fc.nat(3), seed: fc.nat(10_000) })

test('whatever befalls members and the broker: one reader at a time, and everything is read in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 100, size: 'max' }),
      fc.boolean(),
      asManyAsFit(async (steps, goesBack) => {
        const subject = await Subject.open()
        for (const one of steps) await subject.perform(one)
        if (goesBack) await subject.goBack()
        await subject.finish()
      }),
    ),
    { numRuns: RUNS },
  )
})
