import { randomInt } from 'node:crypto'
import { ErrorCode } from '#libs/kafka-protocol'
import { type FetchRequest, type Wanted, wantedIn } from './fetch-part.ts'
import { FetchSession, type PartitionState } from './fetch-session.ts'

/** Kafka's: a session that was used this recently is not evicted for another one. */
const EVICTION_MS = 120_000
/** Partitions in all sessions together; Kafka has no limit but its heap. */
const MAX_PARTITIONS = 200_000
const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1

/** What one request asks for, and what to do with its answer. */
export interface FetchContext {
  readonly wanted: readonly Wanted[]
  /** Which of the partitions go into the answer; or an error instead of all of them. */
  close(states: readonly PartitionState[]): FetchOutcome
}
export type FetchOutcome =
  | { readonly errorCode: ErrorCode }
  | { readonly sessionId: number; readonly isTold: (index: number) => boolean }

const ALL = () => true

/** The incremental fetch sessions of all clients. */
export class FetchSessionCache {
  private readonly sessions = new Map<number, FetchSession>()
  private readonly slots: number
  private readonly now: () => number
  evictions = 0

  /** `slots` is `max.incremental.fetch.session.cache.slots`. */
  constructor(slots: number, now: () => number) {
    this.slots = slots
    this.now = now
  }

  get size(): number {
    return this.sessions.size
  }

  get partitions(): number {
    let count = 0
    for (const session of this.sessions.values()) count += session.size
    return count
  }

  /** `byId`: topics are named by id, from version 13 on. */
  open(request: FetchRequest, byId: boolean): FetchContext | { readonly errorCode: ErrorCode } {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch !== INITIAL_EPOCH && sessionEpoch !== FINAL_EPOCH) return this.continued(request, byId)
    this.sessions.delete(sessionId)
    const wanted = wantedIn(request)
    const mayCreate = sessionEpoch === INITIAL_EPOCH && wanted.length > 0
    return {
      wanted,
      close: (states) => ({ sessionId: mayCreate ? this.create(wanted, states, byId) : 0, isTold: ALL }),
    }
  }

  private continued(request: FetchRequest, byId: boolean): FetchContext | { readonly errorCode: ErrorCode } {
    const session = this.sessions.get(request.sessionId)
    if (session === undefined) return { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
    if (session.epoch !== request.sessionEpoch) return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }
    if (session.byId !== byId) return { errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR }
    for (const wanted of wantedIn(request)) session.watch(wanted)
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) session.forget({ topic, topicId, partition })
    }
    if (session.size === 0) {
      this.sessions.delete(session.id)
      return { wanted: [], close: () => ({ sessionId: 0, isTold: ALL }) }
    }
    // Recently used sessions are at the end.
    this.sessions.delete(session.id)
    this.sessions.set(session.id, session)
    session.lastUsed = this.now()
    const epoch = session.nextEpoch()
    const wanted = session.wanted()
    return {
      wanted,
      close: (states) => {
        // Another request of this session has come while this one waited.
        if (session.epoch !== epoch) return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }
        const told = wanted.map((part, i) => session.tell(part, states[i]!))
        return { sessionId: session.id, isTold: (index) => told[index]! }
      },
    }
  }

  /** Returns the id of the new session, or 0: there is none, and the client goes on with full requests. */
  private create(wanted: readonly Wanted[], states: readonly PartitionState[], byId: boolean): number {
    const now = this.now()
    if (!this.makeRoom(wanted.length, now)) return 0
    let id = 0
    while (id === 0 || this.sessions.has(id)) id = randomInt(1, 2 ** 31 - 1)
    const session = new FetchSession(id, byId, now)
    for (const [i, part] of wanted.entries()) {
      session.watch(part)
      session.tell(part, states[i]!)
    }
    this.sessions.set(id, session)
    return id
  }

  /** Evicts one session if need be: one that is not used any more, or else an old one that is smaller. */
  private makeRoom(size: number, now: number): boolean {
    if (this.partitions + size > MAX_PARTITIONS) return false
    if (this.sessions.size < this.slots) return true
    const [oldest] = this.sessions.values()
    if (oldest === undefined) return false
    const victim = now - oldest.lastUsed > EVICTION_MS ? oldest : this.smallerThan(size, now)
    if (victim === undefined) return false
    this.evictions++
    return this.sessions.delete(victim.id)
  }

  private smallerThan(size: number, now: number): FetchSession | undefined {
    let smallest: FetchSession | undefined
    for (const session of this.sessions.values()) {
      if (now - session.createdAt <= EVICTION_MS || session.size >= size) continue
      if (smallest === undefined || session.size < smallest.size) smallest = session
    }
    return smallest
  }
}
