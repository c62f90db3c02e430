import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AcknowledgeType, acknowledge, acknowledgementProblem, type Changed } from './acknowledge.ts'
import { acquire, type ReadBatch } from './acquire.ts'
import { archived } from './give-up.ts'
import { evolvePartition, storedSpan } from './records.ts'
import { expireLocks, releaseMember } from './release.ts'
import {
  endingAt,
  firstArchiving,
  type GivenUpCause,
  isFinal,
  newSharePartition,
  nextFetchOffset,
  nextLockEnd,
  type RecordState,
  type SharePartition,
  startingAt,
} from './window.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 400)
const MEMBERS = ['a', 'b', 'c'] as const
const LIMITS = { deliveryCountLimit: 2, maxRecordLocks: 20 }
const LOCK_MS = 100

interface Known {
  readonly state: RecordState
  readonly count: number
  readonly owner?: string
  readonly until?: number
  readonly cause?: GivenUpCause
}
const UNKNOWN: Known = { state: 'available', count: 0 }

/** One offset after the other, without spans: slow, and easy to believe. */
class Model {
  offsets = new Map<number, Known>()
  /** What a restart would find: nothing that was only acquired. */
  durable = new Map<number, Known>()
  start = 0
  durableStart = 0
  now = 0

  at(offset: number): Known {
    return this.offsets.get(offset) ?? UNKNOWN
  }

  set(offset: number, known: Known, isDurable: boolean): void {
    this.offsets.set(offset, known)
    if (isDurable) this.durable.set(offset, known)
  }

  /** The first of the offsets that are not done with. */
  moveOn(): void {
    while (this.offsets.has(this.start) && isFinal(this.at(this.start))) this.start++
  }

  restart(): void {
    this.offsets = new Map(this.durable)
    this.start = this.durableStart
    this.moveOn()
  }
}

class Subject {
  private readonly model = new Model()
  private live: SharePartition = newSharePartition(0)
  private stored: SharePartition = newSharePartition(0)
  /** Offsets that were accepted, or rejected, once. */
  private readonly over = new Set<number>()
  private readonly limits: typeof LIMITS & { readonly hasDeadLetters: boolean }

  constructor(
    private readonly log: readonly ReadBatch[],
    hasDeadLetters: boolean,
  ) {
    this.limits = { ...LIMITS, hasDeadLetters }
  }

  acquire(member: string, maxRecords: number, batches: number, mode: 'batch_optimized' | 'record_limit'): void {
    const { model } = this
    const offset = nextFetchOffset(this.live)
    const from = this.log.findIndex(({ last }) => last >= offset)
    if (from < 0) return
    const read = this.log.slice(from, from + batches)
    const lockUntil = model.now + LOCK_MS
    const wanted = { memberId: member, offset, batches: read, maxRecords, batchSize: 4, mode, lockUntil }
    const { partition, acquired, count } = acquire(this.live, wanted, this.limits)
    let seen = 0
    for (const { first, last, deliveryCount } of acquired) {
      for (let at = first; at <= last; at++, seen++) {
        const before = model.at(at)
        expect({ at, state: before.state }).toEqual({ at, state: 'available' })
        expect(read.some((batch) => batch.deliverable && batch.first <= at && at <= batch.last)).toBe(true)
        expect(this.over.has(at)).toBe(false)
        expect(deliveryCount).toBe(before.count + 1)
        expect(deliveryCount).toBeLessThanOrEqual(LIMITS.deliveryCountLimit)
        model.set(at, { state: 'acquired', count: deliveryCount, owner: member, until: lockUntil }, false)
      }
    }
    expect(seen).toBe(count)
    if (mode === 'record_limit') {
      expect(count).toBeLessThanOrEqual(maxRecords)
      expect(partition.spans.filter(({ state }) => state === 'acquired').at(-1)?.last ?? 0).toBeLessThan(
        this.live.start + LIMITS.maxRecordLocks + 20,
      )
    }
    // What no batch has is archived as far as it was looked at, and nothing that a batch has.
    for (const { first, last, state } of partition.spans) {
      for (let at = first; at <= last; at++) {
        if (state !== 'archived' || model.at(at).state === 'archived') continue
        expect(read.some((batch) => batch.deliverable && batch.first <= at && at <= batch.last)).toBe(false)
      }
    }
    this.archiveUpTo(partition, read)
    // As long as nobody holds anything, somebody who asks gets something or the partition moves on.
    const isStuck = count === 0 && nextFetchOffset(partition) === offset
    if (isStuck) expect(this.live.spans.some(({ state }) => state === 'acquired')).toBe(true)
    this.live = partition
    model.moveOn()
  }

  private archiveUpTo(partition: SharePartition, read: readonly ReadBatch[]): void {
    for (let at = this.model.start; at < partition.end; at++) {
      if (this.model.at(at).state !== 'available') continue
      const isArchived = partition.spans.some(
        (span) => span.first <= at && at <= span.last && span.state === 'archived',
      )
      const isPassed = at < partition.start
      if (!isArchived && !isPassed) continue
      expect(read.some((batch) => batch.deliverable && batch.first <= at && at <= batch.last)).toBe(false)
      this.model.set(at, { state: 'archived', count: 0 }, false)
    }
  }

  /** Near the start of the window, where something is acquired mostly. */
  acknowledge(member: string, ahead: number, length: number, types: readonly number[]): void {
    const { model } = this
    const first = Math.max(0, this.live.start + ahead - 2)
    const last = first + length - 1
    const acknowledgeTypes = types.length === 1 ? types : Array.from({ length }, (_, i) => types[i % types.length]!)
    const batches = [{ firstOffset: first, lastOffset: last, acknowledgeTypes }]
    expect(acknowledgementProblem(batches, true)).toBeUndefined()
    const lockUntil = model.now + LOCK_MS
    const outcome = acknowledge(this.live, member, batches, { ...this.limits, lockUntil })
    const open = Array.from({ length }, (_, i) => first + i).filter((at) => at >= model.start)
    const isAllowed = open.every((at) => model.at(at).owner === member && at < this.live.end)
    expect('errorCode' in outcome).toBe(!isAllowed)
    if ('errorCode' in outcome) return
    for (const at of open) {
      const { count } = model.at(at)
      const type = acknowledgeTypes.length === 1 ? acknowledgeTypes[0]! : acknowledgeTypes[at - first]!
      if (type === AcknowledgeType.renew) model.set(at, { ...model.at(at), until: lockUntil }, false)
      else if (type === AcknowledgeType.accept) model.set(at, { state: 'acknowledged', count }, true)
      else if (type === AcknowledgeType.release) model.set(at, this.givenBack(count), true)
      else if (type === AcknowledgeType.reject) model.set(at, this.givenUp(count, 'rejected'), true)
      else model.set(at, { state: 'archived', count }, true)
      if (isFinal(model.at(at)) || model.at(at).state === 'archiving') this.over.add(at)
    }
    this.change(outcome)
  }

  release(member: string): void {
    const { model } = this
    for (const [at, { owner, count }] of model.offsets) {
      if (owner === member && at >= model.start) model.set(at, this.givenBack(count), true)
    }
    this.change(releaseMember(this.live, member, this.limits))
  }

  /** So many dead letters are written, in order. */
  bury(most: number): void {
    const span = firstArchiving(this.live)
    if (span === undefined) return
    const last = Math.min(span.last, span.first + most - 1)
    for (let at = span.first; at <= last; at++) {
      this.model.set(at, { state: 'archived', count: this.model.at(at).count }, true)
    }
    this.change(archived(this.live, span.first, last))
  }

  pass(ms: number): void {
    const { model } = this
    model.now += ms
    const due = [...model.offsets].filter(([at, { until }]) => at >= model.start && (until ?? Infinity) <= model.now)
    expect(nextLockEnd(this.live) <= model.now).toBe(due.length > 0)
    for (const [at, { count }] of due) model.set(at, this.givenBack(count), true)
    this.change(expireLocks(this.live, model.now, this.limits))
  }

  deleteRecords(start: number): void {
    const { model } = this
    this.live = startingAt(this.live, start)
    model.start = Math.max(model.start, start)
    model.moveOn()
  }

  /** A power cut took the end of the log; what is written there later is something else. */
  loseEnd(end: number): void {
    const { model } = this
    this.live = endingAt(this.live, end)
    this.stored = endingAt(this.stored, end)
    for (const known of [model.offsets, model.durable]) for (const at of known.keys()) if (at >= end) known.delete(at)
    for (const at of this.over) if (at >= end) this.over.delete(at)
    model.start = Math.min(model.start, end)
    model.durableStart = Math.min(model.durableStart, end)
  }

  restart(): void {
    this.live = this.stored
    this.model.restart()
  }

  private givenBack(count: number): Known {
    const isOver = count >= LIMITS.deliveryCountLimit
    return isOver ? this.givenUp(count, 'delivered too often') : { state: 'available', count }
  }

  private givenUp(count: number, cause: GivenUpCause): Known {
    return this.limits.hasDeadLetters ? { state: 'archiving', count, cause } : { state: 'archived', count }
  }

  private change({ partition, changes }: Changed): void {
    this.live = partition
    this.model.moveOn()
    if (changes.length === 0) return
    this.model.durableStart = partition.start
    this.stored = evolvePartition(this.stored, { start: partition.start, spans: changes.map(storedSpan) })
  }

  check(): void {
    const { live, model } = this
    expect(live.start).toBe(Math.max(model.start, live.start))
    let next = live.start
    for (const [i, { first, last, state, deliveryCount, lock, cause }] of live.spans.entries()) {
      expect(first).toBe(next)
      expect(last).toBeGreaterThanOrEqual(first)
      if (i === 0) expect(isFinal({ state })).toBe(false)
      for (let at = first; at <= last; at++) {
        const known = model.at(at)
        expect({ at, state, cause }).toEqual({ at, state: known.state, cause: known.cause })
        expect({ at, owner: lock?.memberId, until: lock?.until }).toEqual({
          at,
          owner: known.owner,
          until: known.until,
        })
        if (!isFinal({ state })) expect({ at, deliveryCount }).toEqual({ at, deliveryCount: known.count })
      }
      next = last + 1
    }
    expect(next).toBe(live.end)
    expect(live.start).toBe(Math.min(model.start, live.end))
  }
}

const log = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 2 }), size: fc.integer({ min: 1, max: 6 }), text: fc.nat(5) }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((batches) => {
    let next = 0
    return batches.map(({ gap, size, text }): ReadBatch => {
      const first = next + gap
      next = first + size
      return { first, last: next - 1, deliverable: text > 0 }
    })
  })

const member = fc.constantFrom(...MEMBERS)
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constant('acquire' as const),
      member,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('batch_optimized' as const, 'record_limit' as const),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constant('acknowledge' as const),
      member,
      fc.nat(14),
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('release' as const), member) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('bury' as const), fc.integer({ min: 1, max: 5 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pass' as const), fc.constantFrom(10, 50, LOCK_MS)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('deleteRecords' as const), fc.nat(60)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('restart' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('loseEnd' as const), fc.nat(60)) },
)

test('whatever members do, each record is where a simple model has it, across restarts', () => {
  fc.assert(
    fc.property(log, fc.boolean(), fc.array(operation, { maxLength: 60 }), (batches, hasDeadLetters, operations) => {
      const subject = new Subject(batches, hasDeadLetters)
      for (const [name, ...args] of operations) {
        ;(subject[name] as (...args: unknown[]) => void)(...args)
        subject.check()
      }
    }),
    { numRuns: RUNS },
  )
})
