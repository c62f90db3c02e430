import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { asManyAsFit } from '#libs/testing'
import { ManualClock } from '../clock.fixture.ts'
import { type Config, readConfig } from '../config.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Mount, mount } from '../disk/mount.fixture.ts'
import { seededRandom } from '../log/batch.fixture.ts'
import { LogManager } from '../log/log-manager.ts'
import { GroupCoordinator } from './coordinator.ts'
import type { JoinAnswer, SyncAnswer } from './decision.ts'
import { nextDeadline } from './expiry.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 400)
const { settings } = readConfig(
  ['--data-dir', '/data', '--set', 'group.initial.rebalance.delay.ms=500', '--set', 'group.min.session.timeout.ms=1'],
  {},
) as Config

/** A client that may forget who it is, ask twice, or ask for what is not its turn: all that the coordinator must stand. */
interface Actor {
  readonly name: string
  readonly instanceId: string | null
  memberId: string
  generation: number
  /** What the last successful join told it to assign, if it leads. */
  leads: readonly string[] | undefined
  latestJoin: number
}

/** What must be true of a generation, whoever was told of it. */
interface Generation {
  readonly leader: string
  readonly protocol: string | null
}

const ACTORS: readonly (readonly [string, string | null])[] = [
  ['a', null],
  ['b', null],
  ['c', 'static-c'],
  ['d', 'static-d'],
]

class Subject {
  private readonly fs = new MemoryFileSystem()
  private mounted!: Mount
  private clock = new ManualClock()
  private coordinator!: GroupCoordinator
  private life = 0
  private requests = 0
  private readonly unanswered = new Set<number>()
  private readonly actors: Actor[] = ACTORS.map(([name, instanceId]) => ({
    ...{ name, instanceId, memberId: '', generation: -1, leads: undefined, latestJoin: 0 },
  }))
  /** Who a member id stands for: a static member remains itself under a new id. */
  private readonly identities = new Map<string, string>()
  private readonly generations = new Map<number, Generation>()
  private newestGeneration = 0
  private readonly failures: unknown[] = []
  private readonly offsets = { attempted: 0, acknowledged: 0 }

  static async open(): Promise<Subject> {
    const subject = new Subject()
    await subject.start()
    return subject
  }

  private async start(): Promise<void> {
    this.mounted = mount(this.fs)
    const logs = await LogManager.open({ fs: this.mounted.fs, dataDir: '/data', now: this.clock.now })
    this.coordinator = await GroupCoordinator.open(logs, settings.values, this.clock)
  }

  async perform(step: Step): Promise<void> {
    const actor = this.actors[step.actor % this.actors.length]!
    if (step.do === 'join') this.join(actor, step.variant)
    else if (step.do === 'rally') await this.rally(step.variant)
    else if (step.do === 'sync') this.sync(actor)
    else if (step.do === 'heartbeat') this.heartbeat(actor)
    else if (step.do === 'leave') this.leave(actor)
    else if (step.do === 'commit') this.commit(actor, step.variant)
    else if (step.do === 'forget') actor.memberId = ''
    else if (step.do === 'turn') await new Promise(setImmediate)
    else if (step.do === 'settle') await this.settle()
    else if (step.do === 'pass') this.pass(step.ms)
    else await this.restart(step)
    this.check()
  }

  /** Everybody gone, everything is answered and over. */
  async finish(): Promise<void> {
    const isOver = () => this.unanswered.size === 0 && this.clock.pending === 0 && !this.hasDeadline()
    for (let turn = 0; turn < 20 && !isOver(); turn++) {
      await this.settle()
      this.pass(60_000)
      this.check()
    }
    await this.settle()
    expect([...this.unanswered]).toEqual([])
    expect(this.clock.pending).toBe(0)
    expect(this.coordinator.find('g')?.members.size ?? 0).toBe(0)
  }

  private hasDeadline(): boolean {
    const group = this.coordinator.find('g')
    return group !== undefined && nextDeadline(group) < Infinity
  }

  /** All of them join, which chance alone would seldom bring about. */
  private async rally(variant: number): Promise<void> {
    for (let attempt = 0; attempt < 2; attempt++) {
      for (const actor of this.actors) if (actor.memberId === '' || attempt > 0) this.join(actor, variant)
      await this.settle()
    }
    this.pass(600)
    await this.settle()
  }

  private join(actor: Actor, variant: number): void {
    const request = this.expectAnswer()
    actor.latestJoin = request
    const { name, instanceId, memberId } = actor
    const metadata = Buffer.from(`${name} ${variant % 2}`)
    const newMemberId = `${name}-${request}`
    this.identities.set(newMemberId, instanceId ?? newMemberId)
    const answer = this.coordinator.join('g', {
      ...{ memberId, instanceId, clientId: name, clientHost: '/h', protocolType: 'consumer' },
      ...{ sessionTimeoutMs: 10_000 + variant, rebalanceTimeoutMs: 5000 + variant, canSkipAssignment: true },
      protocols:
        variant < 4
          ? [{ name: 'range', metadata }]
          : [
              { name: 'sticky', metadata },
              { name: 'range', metadata },
            ],
      newMemberId,
      requiresMemberId: variant % 3 > 0,
    })
    const { newestGeneration } = this
    this.whenAnswered(request, answer, (joined) => {
      if (actor.latestJoin === request) this.joined(actor, joined, newestGeneration)
    })
  }

  private joined(actor: Actor, answer: JoinAnswer, seenWhenAsked: number): void {
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) actor.memberId = answer.memberId
    else if (answer.errorCode !== ErrorCode.NONE) actor.memberId = ''
    if (answer.errorCode !== ErrorCode.NONE) return
    expect(answer.generation).toBeGreaterThanOrEqual(seenWhenAsked)
    this.newestGeneration = Math.max(this.newestGeneration, answer.generation)
    actor.memberId = answer.memberId
    actor.generation = answer.generation
    const isLeader = answer.leader === answer.memberId
    actor.leads = isLeader && !answer.skipAssignment ? answer.members.map(({ memberId }) => memberId) : undefined
    if (isLeader) expect(answer.members.map(({ memberId }) => memberId)).toContain(actor.memberId)
    const told = { leader: this.identityOf(answer.leader), protocol: answer.protocol }
    expect(told).toEqual(this.generations.get(answer.generation) ?? told)
    this.generations.set(answer.generation, told)
  }

  private identityOf(memberId: string): string {
    return this.identities.get(memberId)!
  }

  private sync(actor: Actor): void {
    const { memberId, instanceId, generation, leads } = actor
    const request = this.expectAnswer()
    const assignments = (leads ?? []).map((id) => ({
      memberId: id,
      assignment: Buffer.from(`${generation} ${this.identityOf(id)}`),
    }))
    const answer = this.coordinator.sync('g', {
      ...{ memberId, instanceId, generation, protocolType: null, protocol: null, assignments },
    })
    this.whenAnswered(request, answer, (synced: SyncAnswer) => {
      if (synced.errorCode !== ErrorCode.NONE) return
      expect(synced.assignment.toString()).toBe(`${generation} ${this.identityOf(memberId)}`)
    })
  }

  private heartbeat({ memberId, instanceId, generation }: Actor): void {
    const errorCode = this.coordinator.heartbeat('g', { memberId, instanceId, generation })
    if (errorCode === ErrorCode.NONE) expect(this.coordinator.find('g')?.members.has(memberId)).toBe(true)
  }

  private leave(actor: Actor): void {
    const { memberId, instanceId } = actor
    const request = this.expectAnswer()
    this.whenAnswered(request, this.coordinator.leave('g', [{ memberId, instanceId }]), () => {})
    actor.memberId = ''
  }

  /** Offsets only grow, so whatever comes back says how old it is. */
  private commit({ memberId, instanceId, generation }: Actor, variant: number): void {
    const offset = ++this.offsets.attempted
    const as = variant < 2 ? { memberId: '', instanceId: null, generation: -1 } : { memberId, instanceId, generation }
    const committed = { topic: 't', partition: 0, offset, leaderEpoch: 0, metadata: '', committedAt: this.clock.now() }
    const request = this.expectAnswer()
    this.whenAnswered(request, this.coordinator.commit('g', { ...as, offsets: [committed] }), ([errorCode]) => {
      if (errorCode === ErrorCode.NONE) this.offsets.acknowledged = Math.max(this.offsets.acknowledged, offset)
    })
  }

  /** Power cut or death of the process: whoever waits for an answer gets none, and members must be known again. */
  private async restart({ seed, do: how }: Step): Promise<void> {
    this.life++
    this.unanswered.clear()
    this.coordinator.close()
    this.mounted.unmount()
    if (how === 'kill') this.fs.kill()
    else this.fs.crash(seededRandom(seed))
    this.clock = new ManualClock(this.clock.now() + (seed % 3000))
    await this.start()
    this.check()
  }

  private check(): void {
    for (const failure of this.failures) throw failure
    expect(this.clock.pending).toBeLessThanOrEqual(1)
    const group = this.coordinator.find('g')
    const instances = [...(group?.members.values() ?? [])].flatMap(({ instanceId }) => instanceId ?? [])
    expect(new Set(instances).size).toBe(instances.length)
    expect(group?.generation ?? 0).toBeGreaterThanOrEqual(this.newestGeneration)
    const committed = this.coordinator.offsetsOf('g').committed.get('t')?.get(0)?.offset ?? 0
    expect(committed).toBeGreaterThanOrEqual(this.offsets.acknowledged)
    expect(committed).toBeLessThanOrEqual(this.offsets.attempted)
  }

  /** For the coordinator, and for the disk, which puts off a sync for a moment. */
  private pass(ms: number): void {
    this.clock.pass(ms)
    vi.advanceTimersByTime(ms)
  }

  /** All that was decided is on disk, and whoever is answered then knows. */
  private async settle(): Promise<void> {
    let isDurable = false
    void this.coordinator.committed('g').then(() => {
      isDurable = true
    })
    while (!isDurable) {
      await new Promise(setImmediate)
      vi.advanceTimersByTime(1)
    }
    await new Promise(setImmediate)
  }

  private expectAnswer(): number {
    const request = ++this.requests
    this.unanswered.add(request)
    return request
  }

  /** Answers to a life that is over reach nobody. */
  private whenAnswered<T>(request: number, answer: Promise<T>, then: (answer: T) => void): void {
    const { life } = this
    answer
      .then((value) => {
        if (this.life !== life) return
        this.unanswered.delete(request)
        then(value)
      })
      .catch((failure: unknown) => this.failures.push(failure))
  }
}

interface Step {
  readonly do: (typeof ACTIONS)[number]
  readonly actor: number
  readonly variant: number
  readonly ms: number
  readonly seed: number
}

/** Some of them more often than others. */
const ACTIONS = [
  ...(['join', 'join', 'join', 'sync', 'sync', 'sync', 'turn', 'turn', 'settle'] as const),
  ...(['rally', 'heartbeat', 'commit', 'pass', 'leave', 'forget', 'kill', 'crash'] as const),
] as const

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...ACTIONS),
  actor: fc.nat(3),
  variant: fc.nat(5),
  ms: fc.oneof(fc.nat(1000), fc.nat(12_000)),
  seed: fc.nat(),
})

/** The moment that a sync waits for others is in the hands of the test: a seed says everything about a run. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('whatever members do and whenever the broker dies: generations, assignments, names, offsets and answers hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }),
      asManyAsFit(async (steps) => {
        const subject = await Subject.open()
        for (const one of steps) await subject.perform(one)
        await subject.finish()
      }),
    ),
    { numRuns: RUNS },
  )
})
