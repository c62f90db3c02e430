import { ErrorCode } from '#libs/kafka-protocol'
import type { Wanted } from './fetch-part.ts'

/** What a partition's answer looks like to a session. */
export interface PartitionState {
  readonly errorCode: number
  readonly bytes: number
  readonly highWatermark: number
  readonly logStartOffset: number
}

interface Watched {
  wanted: Wanted
  /** What the client knows of it; -1 makes sure that it is told. */
  highWatermark: number
  logStartOffset: number
}

const MAX_EPOCH = 2 ** 31 - 1

/**
 * An incremental fetch session (KIP-227): the broker remembers what a client reads, the client says only what has
 * changed, and is told only what has changed. The epoch counts the requests, so that both notice a lost one.
 */
export class FetchSession {
  readonly id: number
  readonly byId: boolean
  readonly createdAt: number
  lastUsed: number
  /** Of the next request. */
  epoch = 1
  private readonly watched = new Map<string, Watched>()

  constructor(id: number, byId: boolean, now: number) {
    this.id = id
    this.byId = byId
    this.createdAt = now
    this.lastUsed = now
  }

  get size(): number {
    return this.watched.size
  }

  nextEpoch(): number {
    this.epoch = this.epoch === MAX_EPOCH ? 1 : this.epoch + 1
    return this.epoch
  }

  /** Everything that is read, in the order in which it is served. */
  wanted(): Wanted[] {
    return Array.from(this.watched.values(), ({ wanted }) => wanted)
  }

  watch(wanted: Wanted): void {
    const key = this.keyOf(wanted)
    const known = this.watched.get(key)
    if (known === undefined) this.watched.set(key, { wanted, highWatermark: -1, logStartOffset: -1 })
    else known.wanted = wanted
  }

  forget(partition: Pick<Wanted, 'topic' | 'topicId' | 'partition'>): void {
    this.watched.delete(this.keyOf(partition))
  }

  /** Notes what the client is about to be told; returns whether it has to be told at all. */
  tell(wanted: Wanted, state: PartitionState): boolean {
    const key = this.keyOf(wanted)
    const known = this.watched.get(key)
    if (known === undefined) return true
    const isNews =
      state.bytes > 0 ||
      state.errorCode !== ErrorCode.NONE ||
      state.highWatermark !== known.highWatermark ||
      state.logStartOffset !== known.logStartOffset
    // An error is told again and again, and its end too.
    known.highWatermark = state.errorCode === ErrorCode.NONE ? state.highWatermark : -1
    known.logStartOffset = state.logStartOffset
    if (state.bytes > 0) {
      // Who was served goes to the end, so that a full answer does not always leave out the same partitions.
      this.watched.delete(key)
      this.watched.set(key, known)
    }
    return isNews
  }

  private keyOf({ topic, topicId, partition }: Pick<Wanted, 'topic' | 'topicId' | 'partition'>): string {
    return `${this.byId ? topicId : topic}:${partition}`
  }
}
