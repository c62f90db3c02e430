import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Api,
  BatchReader,
  batchSize,
  ErrorCode,
  type Fields,
  type RequestOf,
  type ResponseOf,
  type shareFetch,
} from '#libs/kafka-protocol'
import { configureLogging } from '#libs/logging'
import { asManyAsFit } from '#libs/testing'
import { handleShareGroupHeartbeat } from '../apis/76-share-group-heartbeat.ts'
import { handleShareFetch } from '../apis/78-share-fetch.ts'
import { handleShareAcknowledge } from '../apis/79-share-acknowledge.ts'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { testContext } from '../handler.fixture.ts'
import type { Handler } from '../handler.ts'
import { seededRandom, testBatch } from '../log/batch.fixture.ts'
import { AcknowledgeType } from './acknowledge.ts'
import { DEAD_LETTER_CONFIGS } from './dead-letter-topic.ts'

// Brokers die here while they write, and say so.
configureLogging({ level: 'silent' })

const RUNS = Number(process.env.FUZZ_RUNS ?? 60)
const LOCK_MS = 1000
const settings = new LiveSettings({
  'group.share.record.lock.duration.ms': String(LOCK_MS),
  'group.share.min.record.lock.duration.ms': String(LOCK_MS),
  'group.share.delivery.count.limit': '3',
  'group.share.session.timeout.ms': '45000',
})
const LIMIT = 3
const GROUP = 'g'
const DEAD_LETTERS = 'dlq.t'

interface Holder {
  readonly member: string
  readonly until: number
}

/** A client: it remembers what it was told, and may be gone for a while. */
interface Actor {
  readonly memberId: string
  memberEpoch: number
  sessionEpoch: number
  close: () => void
}

/** Members of one group on one partition, with everything that may befall them, and what must be true whatever does. */
class Subject {
  private readonly fs = new MemoryFileSystem()
  private mounted!: Mount
  private clock = new ManualClock()
  private broker!: Broker
  private topicId = ''
  private readonly actors: Actor[] = ['a', 'b', 'c'].map((memberId) => ({
    ...{ memberId, memberEpoch: 0, sessionEpoch: 0, close: () => {} },
  }))
  /** Answered as accepted or rejected: never to be seen again. */
  private readonly over = new Set<number>()
  /** Answered as rejected: each has a dead letter in the end. */
  private readonly rejected = new Set<number>()
  private readonly holders = new Map<number, Holder>()

  static async open(hasDeadLetters: boolean): Promise<Subject> {
    const subject = new Subject()
    await subject.start()
    await subject.broker.controller.createTopic('t', 1, {})
    await subject.broker.controller.createTopic(DEAD_LETTERS, 1, DEAD_LETTER_CONFIGS)
    await subject.broker.controller.alterConfigs(async (control) => {
      const deadLetters = hasDeadLetters ? { 'errors.deadletterqueue.topic.name': DEAD_LETTERS } : undefined
      await control.configureGroup(GROUP, { 'share.auto.offset.reset': 'earliest', ...deadLetters })
      return undefined
    })
    subject.topicId = subject.broker.topics.find('t')!.topicId
    return subject
  }

  private async start(): Promise<void> {
    this.mounted = mount(this.fs)
    this.broker = await Broker.open({ settings, clock: this.clock, fs: this.mounted.fs, dataDir: '/data' })
  }

  private get log() {
    return this.broker.topics.find('t')!.logs[0]!
  }

  async append(count: number, isDurable: boolean): Promise<void> {
    this.log.append(testBatch({ values: Array.from({ length: count }, (_, i) => `${i}`) }))
    const end = this.log.logEndOffset
    await (isDurable ? this.log.durable(end) : this.log.written(end))
  }

  /** What clients do all the time, which chance alone would seldom bring about. */
  async work(actor: Actor, seed: number): Promise<void> {
    await this.append(1 + (seed % 4), seed % 2 === 0)
    await this.heartbeat(actor)
    if (actor.memberEpoch === 0) await this.heartbeat(actor)
    await this.fetch(actor, 1 + (seed % 6), seed % 2)
    await this.acknowledge(actor, AcknowledgeType.accept)
  }

  /** As clients do: who is not known joins again. */
  async heartbeat(actor: Actor): Promise<void> {
    const { memberId, memberEpoch } = actor
    const subscribedTopicNames = memberEpoch === 0 ? ['t'] : null
    const request = { groupId: GROUP, memberId, memberEpoch, rackId: null, subscribedTopicNames }
    const answer = await this.send(handleShareGroupHeartbeat, request, actor)
    if (answer.errorCode === ErrorCode.NONE) {
      actor.memberEpoch = answer.memberEpoch!
      if (answer.assignment)
        expect(answer.assignment.topicPartitions).toEqual([{ topicId: this.topicId, partitions: [0] }])
    } else {
      expect([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.GROUP_ID_NOT_FOUND]).toContain(answer.errorCode)
      actor.memberEpoch = 0
    }
  }

  async leave(actor: Actor): Promise<void> {
    if (actor.memberEpoch === 0) return
    const request = {
      groupId: GROUP,
      memberId: actor.memberId,
      memberEpoch: -1,
      rackId: null,
      subscribedTopicNames: null,
    }
    const { errorCode } = await this.send(handleShareGroupHeartbeat, request, actor)
    actor.memberEpoch = 0
    if (errorCode === ErrorCode.NONE) this.letGo(actor)
  }

  async fetch(actor: Actor, maxRecords: number, mode: number): Promise<number> {
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: [] }]
    const request: RequestOf<typeof shareFetch> = {
      ...{ groupId: GROUP, memberId: actor.memberId, shareSessionEpoch: actor.sessionEpoch, maxWaitMs: 0, minBytes: 1 },
      ...{ maxBytes: 10_000, maxRecords, batchSize: 3, shareAcquireMode: mode, isRenewAck: false },
      ...{ topics: [{ topicId: this.topicId, partitions }], forgottenTopicsData: [] },
    }
    const now = this.clock.steady()
    const answer = await this.send(handleShareFetch, request, actor)
    if (answer.errorCode !== ErrorCode.NONE) {
      actor.sessionEpoch = 0
      return 0
    }
    actor.sessionEpoch++
    let count = 0
    for (const range of answer.responses.flatMap((topic) => topic.partitions).flatMap((part) => part.acquiredRecords)) {
      expect(range.deliveryCount).toBeLessThanOrEqual(LIMIT)
      for (let at = range.firstOffset; at <= range.lastOffset; at++, count++) {
        expect({ at, isOver: this.over.has(at) }).toEqual({ at, isOver: false })
        const holder = this.holders.get(at)
        expect({ at, isHeld: holder !== undefined && holder.until > now }).toEqual({ at, isHeld: false })
        this.holders.set(at, { member: actor.memberId, until: now + LOCK_MS })
      }
    }
    return count
  }

  /** All that it holds, or believes to hold. */
  async acknowledge(actor: Actor, type: number): Promise<void> {
    const held = [...this.holders].filter(([, { member }]) => member === actor.memberId).map(([at]) => at)
    if (held.length === 0 || actor.sessionEpoch === 0) return
    for (const at of held.sort((a, b) => a - b).slice(0, 4)) {
      const { start } = this.broker.share.partitions.find(GROUP, { topicId: this.topicId, partition: 0 })!
      const batch = { firstOffset: at, lastOffset: at, acknowledgeTypes: [type] }
      const partitions = [{ partitionIndex: 0, acknowledgementBatches: [batch] }]
      const { memberId, sessionEpoch: shareSessionEpoch } = actor
      const request = { groupId: GROUP, memberId, shareSessionEpoch, isRenewAck: true }
      const answer = await this.send(
        handleShareAcknowledge,
        { ...request, topics: [{ topicId: this.topicId, partitions }] },
        actor,
      )
      if (answer.errorCode !== ErrorCode.NONE) {
        actor.sessionEpoch = 0
        return
      }
      actor.sessionEpoch++
      this.acknowledged(at, type, answer.responses[0]!.partitions[0]!.errorCode, start)
    }
  }

  private acknowledged(at: number, type: number, errorCode: number, start: number): void {
    const { member, until } = this.holders.get(at)!
    const isHeld = until > this.clock.steady()
    // What the window has moved past was given up meanwhile: there is nothing left to be wrong about.
    const isFine = isHeld || at < start
    expect({ at, errorCode }).toEqual({ at, errorCode: isFine ? ErrorCode.NONE : ErrorCode.INVALID_RECORD_STATE })
    if (isHeld && type === AcknowledgeType.renew) {
      this.holders.set(at, { member, until: this.clock.steady() + LOCK_MS })
      return
    }
    this.holders.delete(at)
    if (isHeld && (type === AcknowledgeType.accept || type === AcknowledgeType.reject)) this.over.add(at)
    if (isHeld && type === AcknowledgeType.reject) this.rejected.add(at)
  }

  disconnect(actor: Actor): void {
    if (actor.sessionEpoch > 0) this.letGo(actor)
    actor.close()
    actor.close = () => {}
    actor.sessionEpoch = 0
  }

  pass(ms: number): void {
    this.clock.pass(ms)
    // A member of whom nothing was heard is out, and what it held is there for others before its lock ends.
    const group = this.broker.share.groups.find(GROUP)
    for (const actor of this.actors) {
      if (actor.memberEpoch > 0 && group?.members.has(actor.memberId) !== true) this.letGo(actor)
    }
  }

  async restart(how: 'kill' | 'power cut', seed: number): Promise<void> {
    for (const actor of this.actors) Object.assign(actor, { sessionEpoch: 0, close: () => {} })
    this.mounted.unmount()
    // Its timers end; whatever it still wants of the disk fails.
    void this.broker.close().catch(() => {})
    if (how === 'kill') this.fs.kill()
    else this.fs.crash(seededRandom(seed))
    this.clock = new ManualClock(this.clock.now() + (seed % 3000))
    await this.start()
    this.holders.clear()
    for (const known of [this.over, this.rejected]) {
      for (const at of known) if (at >= this.log.logEndOffset) known.delete(at)
    }
  }

  /** Everything is delivered in the end, and nothing that is over. */
  async finish(hasDeadLetters: boolean): Promise<void> {
    const [actor] = this.actors
    for (const one of this.actors) this.disconnect(one)
    this.pass(LOCK_MS)
    actor!.memberEpoch = 0
    await this.heartbeat(actor!)
    for (let turn = 0; turn < 100 && (await this.fetch(actor!, 50, 0)) > 0; turn++) {
      // Four at a time.
      for (let held = 0; held < 100; held++) await this.acknowledge(actor!, AcknowledgeType.accept)
    }
    const state = () => this.broker.share.partitions.find(GROUP, { topicId: this.topicId, partition: 0 })
    for (let turn = 0; turn < 1000 && state()!.spans.length > 0; turn++) await new Promise(setImmediate)
    expect(state()).toEqual({ start: this.log.highWatermark, end: this.log.highWatermark, spans: [] })
    const letters = await this.deadLetters()
    for (const at of this.rejected)
      expect({ at, hasLetter: letters.has(at) }).toEqual({ at, hasLetter: hasDeadLetters })
    await this.broker.close()
    expect(this.clock.pending).toBe(0)
  }

  /** The offsets of which there is a dead letter. */
  private async deadLetters(): Promise<Set<number>> {
    const read = await this.broker.topics.find(DEAD_LETTERS)!.logs[0]!.read(0, 10_000_000)
    if (!read.ok) throw new Error(read.message)
    const found = new Set<number>()
    for (const bytes of read.records) {
      for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
        for (const { headers } of new BatchReader().read(bytes, at)) found.add(Number(headers['__dlq.errors.offset']))
      }
    }
    return found
  }

  private letGo({ memberId }: Actor): void {
    for (const [at, { member }] of this.holders) if (member === memberId) this.holders.delete(at)
  }

  private async send<Q extends Fields, S extends Fields>(
    { handle }: Handler<Q, S>,
    request: RequestOf<Api<Q, S>>,
    actor: Actor,
  ): Promise<ResponseOf<Api<Q, S>>> {
    const onClose = (listener: () => void) => {
      actor.close = listener
      return () => {}
    }
    const answer = await handle(request, testContext(this.broker, { apiVersion: 2, onClose }))
    if (typeof answer === 'symbol') throw new Error('there is an answer to everything')
    return answer
  }

  async perform(step: Step): Promise<void> {
    const actor = this.actors[step.actor]!
    if (step.do === 'append') await this.append(1 + (step.seed % 4), step.seed % 2 === 0)
    else if (step.do === 'work') await this.work(actor, step.seed)
    else if (step.do === 'heartbeat') await this.heartbeat(actor)
    else if (step.do === 'leave') await this.leave(actor)
    else if (step.do === 'fetch') await this.fetch(actor, 1 + (step.seed % 6), step.seed % 2)
    else if (step.do === 'acknowledge') await this.acknowledge(actor, 1 + (step.seed % 4))
    else if (step.do === 'disconnect') this.disconnect(actor)
    else if (step.do === 'pass') this.pass(step.seed % 5 === 0 ? 46_000 : (step.seed * 37) % 700)
    else await this.restart(step.do, step.seed)
  }
}

interface Step {
  readonly do: (typeof DEEDS)[number]
  readonly actor: number
  readonly seed: number
}
const DEEDS = [
  ...([
    'work',
    'work',
    'work',
    'append',
    'heartbeat',
    'heartbeat',
    'fetch',
    'fetch',
    'fetch',
    'acknowledge',
    'acknowledge',
  ] as const),
  ...(['leave', 'disconnect', 'pass', 'pass', 'kill', 'power cut'] as const),
]
const step = fc.record({ do: fc.constantFrom(...DEEDS), actor: fc.nat(2), seed: fc.nat(10_000) })

test('whatever befalls members and the broker: one holder at a time, nothing accepted again, everything in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(step, { maxLength: 80, size: 'max' }),
      asManyAsFit(async (hasDeadLetters, steps) => {
        const subject = await Subject.open(hasDeadLetters)
        for (const one of steps) await subject.perform(one)
        await subject.finish(hasDeadLetters)
      }),
    ),
    { numRuns: RUNS },
  )
})
