import { ErrorCode } from '#libs/kafka-protocol'
import type { Decision, JoinAnswer, SyncAnswer } from './decision.ts'
import { decideExpiry } from './expiry.ts'
import { evolveGroup, type Group, newGroup, resumeGroup } from './group.ts'
import { evolveOffsets, type GroupOffsets, NO_OFFSETS, snapshotOfOffsets } from './group-offsets.ts'
import { decideHeartbeat } from './heartbeat.ts'
import { decideJoin, type Join } from './join.ts'
import { decideLeave } from './leave.ts'
import { type Commit, decideCommit, decideOffsetDelete, decideTransactionEnd } from './offsets.ts'
import { type GroupRecord, snapshotOfGroup } from './records.ts'
import { decideSync } from './sync.ts'

/** One group on a clock of its own; every decision's records are kept, so that a restart can replay them. */
export class GroupUnderTest {
  group: Group = newGroup('g', 0)
  offsets: GroupOffsets = NO_OFFSETS
  now = 0
  readonly records: GroupRecord[] = []
  readonly joins = new Map<number, JoinAnswer>()
  readonly syncs = new Map<number, SyncAnswer>()
  private requests = 0
  private ids = 0
  private readonly initialDelayMs: number

  constructor(initialDelayMs = 0) {
    this.initialDelayMs = initialDelayMs
  }

  /** Returns the request, whose answer appears in `joins` when it is given. */
  join(memberId = '', change: Partial<Join> = {}): number {
    const request = ++this.requests
    const join: Join = {
      ...{ request, memberId, instanceId: null, clientId: 'c', clientHost: '/h', protocolType: 'consumer' },
      ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000, requiresMemberId: false, canSkipAssignment: true },
      ...{ protocols: [{ name: 'range', metadata: Buffer.from('v1') }], newMemberId: `m${++this.ids}` },
      ...change,
    }
    this.take(decideJoin(this.group, join, { now: this.now, initialDelayMs: this.initialDelayMs, maxSize: 100 }))
    return request
  }

  sync(memberId: string, assignments: Record<string, string> = {}, generation = this.group.generation): number {
    const request = ++this.requests
    const given = Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) }))
    const sync = { request, memberId, instanceId: null, generation, protocolType: null, protocol: null }
    this.take(decideSync(this.group, { ...sync, assignments: given }, this.now))
    return request
  }

  heartbeat(memberId: string, generation = this.group.generation, instanceId: string | null = null): ErrorCode {
    const { decision, errorCode } = decideHeartbeat(this.group, { memberId, instanceId, generation }, this.now)
    this.take(decision)
    return errorCode
  }

  leave(memberId: string, instanceId: string | null = null): ErrorCode {
    const { decision, errors } = decideLeave(this.group, [{ memberId, instanceId }], this.now)
    this.take(decision)
    return errors[0]!
  }

  commit(memberId: string, generation: number, offset = 1, change: Partial<Commit> = {}): ErrorCode {
    const offsets = [{ topic: 't', partition: 0, offset, leaderEpoch: 0, metadata: 'm', committedAt: this.now }]
    const { decision, errorCode } = decideCommit(
      this.group,
      { memberId, instanceId: null, generation, offsets, ...change },
      false,
      this.now,
    )
    this.take(decision)
    return errorCode
  }

  endTransaction(producerId: number, commit: boolean): void {
    this.keep(decideTransactionEnd('g', this.offsets, producerId, commit))
  }

  deleteOffsets(): void {
    this.keep(decideOffsetDelete(this.group, this.offsets, [{ topic: 't', partition: 0 }]).records)
  }

  /** Lets time pass; what lapses, lapses. */
  pass(ms: number): void {
    this.now += ms
    this.take(decideExpiry(this.group, this.now))
  }

  /** What a broker finds on disk after a crash. */
  restarted(): Group {
    return this.replayed(this.records)
  }

  restart(): void {
    this.offsets = offsetsIn(this.records)
    this.group = this.restarted()
  }

  restartedOffsets(): GroupOffsets {
    return offsetsIn(this.records)
  }

  /** The same, of a journal that was rewritten just before the crash. */
  restartedFromSnapshot(): Group {
    return this.replayed(this.snapshot())
  }

  restartFromSnapshot(): void {
    this.offsets = offsetsIn(this.snapshot())
    this.group = this.restartedFromSnapshot()
  }

  snapshot(): GroupRecord[] {
    return [...snapshotOfGroup(this.group), ...snapshotOfOffsets('g', this.offsets)]
  }

  private replayed(records: readonly GroupRecord[]): Group {
    return resumeGroup(records.reduce(evolveGroup, newGroup('g', 0)), this.now)
  }

  /** Two members, `m1` leading, with their assignments. */
  static stableWithTwo(): GroupUnderTest {
    const test = new GroupUnderTest()
    test.join()
    test.join()
    test.join('m1')
    test.sync('m2')
    test.sync('m1', { m1: 'one', m2: 'two' })
    return test
  }

  private take(decision: Decision): void {
    this.group = decision.group
    this.keep(decision.records)
    for (const reply of decision.replies) {
      if ('join' in reply) this.joins.set(reply.to, reply.join)
      else this.syncs.set(reply.to, reply.sync)
    }
  }

  private keep(records: readonly GroupRecord[]): void {
    this.records.push(...records)
    this.offsets = records.reduce(evolveOffsets, this.offsets)
  }
}

export const offsetsIn = (records: readonly GroupRecord[]): GroupOffsets => records.reduce(evolveOffsets, NO_OFFSETS)
