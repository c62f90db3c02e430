import { ErrorCode, encodeSingleRecord } from '#libs/kafka-protocol'
import { refuse } from '../log/log-error.ts'
import type { FetchResult, IsolationLevel, OffsetAndTimestamp } from '../log/log-reader.ts'
import type { ReadableLog } from './readable-log.ts'
import type { StateKey, StateSource } from './state-source.ts'

/** No read makes more than this, whatever it is allowed to. */
const LARGEST_READ_BYTES = 1024 * 1024
/** Of what is no more, this many keys are told to readers who come later. */
const KEPT_TOMBSTONES = 1000
/** Fewer new entries than this are not worth going through the others. */
const COMPACT_MIN = 1000

interface Entry {
  readonly offset: number
  readonly key: StateKey
}

/**
 * One partition of an internal topic, as a log that is always compacted and nowhere stored: it keeps in which order keys
 * changed last, and makes a record when it is read, from what is known then. A reader that keeps up is woken by each
 * change; one that comes later finds the latest of each key, at the offset that it has had since.
 *
 * Bounded: an entry for each key that there is and a number of tombstones, twice, and as many as make work worth while.
 */
export class StateLog implements ReadableLog {
  readonly closed = false
  readonly leaderEpoch = 0
  private entries: Entry[] = []
  /** Where the last entry of each key is. */
  private readonly latest = new Map<string, number>()
  private readonly listeners = new Set<() => void>()
  private compactAbove = COMPACT_MIN
  private end = 0

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly source: StateSource,
    /** Fills the log; called before it is read. */
    private readonly begin: () => void,
  ) {}

  /** Offsets begin above all that were given out before. */
  beginAt(offset: number): void {
    this.end = offset
  }

  /** How many changes are remembered. */
  get entryCount(): number {
    return this.entries.length
  }

  changed(key: StateKey): void {
    this.latest.set(nameOf(key), this.end)
    this.entries.push({ offset: this.end++, key })
    if (this.entries.length > this.compactAbove) this.compact()
    for (const listener of this.listeners) listener()
  }

  read(
    offset: number,
    maxBytes: number,
    isolation: IsolationLevel = 'READ_UNCOMMITTED',
    minOneBatch = true,
  ): FetchResult | Promise<FetchResult> {
    this.begin()
    if (offset < 0 || offset > this.end) {
      return refuse(ErrorCode.OFFSET_OUT_OF_RANGE, `offset ${offset} is outside [0, ${this.end}]`)
    }
    if (this.from(offset) === this.entries.length) return this.fetched([], isolation)
    const budget = Math.min(maxBytes, LARGEST_READ_BYTES)
    return this.source.settled().then(() => this.fetched(this.recordsFrom(offset, budget, minOneBatch), isolation))
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** As of a log without gaps in its times: the first of the records that is not older. */
  async offsetForTimestamp(timestamp: number): Promise<OffsetAndTimestamp> {
    this.begin()
    const { leaderEpoch } = this
    if (timestamp === LATEST) return { offset: this.end, timestamp: -1, leaderEpoch }
    const current = this.entries.filter((entry) => this.isCurrent(entry))
    if (timestamp === EARLIEST) return { offset: current[0]?.offset ?? this.end, timestamp: -1, leaderEpoch }
    const times = current.map(({ offset, key }) => ({ offset, timestamp: this.source.record(key).timestamp }))
    const greatest = times.reduce((most, time) => Math.max(most, time.timestamp), -1)
    const wanted = timestamp === GREATEST ? greatest : timestamp
    const found = times.find((time) => time.timestamp >= wanted)
    return found === undefined ? NOT_FOUND : { ...found, leaderEpoch }
  }

  endOffsetForEpoch(): { readonly leaderEpoch: number; readonly endOffset: number } {
    this.begin()
    return { leaderEpoch: this.leaderEpoch, endOffset: this.end }
  }

  private recordsFrom(offset: number, maxBytes: number, minOneBatch: boolean): Buffer[] {
    const batches: Buffer[] = []
    let bytes = 0
    for (let i = this.from(offset); i < this.entries.length; i++) {
      const entry = this.entries[i]!
      if (!this.isCurrent(entry)) continue
      const batch = encodeSingleRecord({ offset: entry.offset, ...this.source.record(entry.key) })
      const isFirst = batches.length === 0 && minOneBatch
      if (!isFirst && bytes + batch.length > maxBytes) break
      batches.push(batch)
      bytes += batch.length
    }
    return batches
  }

  private fetched(records: readonly Buffer[], isolation: IsolationLevel): FetchResult {
    return {
      ok: true,
      records,
      bytes: records.reduce((sum, { length }) => sum + length, 0),
      ...{ highWatermark: this.end, lastStableOffset: this.end, logStartOffset: 0 },
      abortedTransactions: isolation === 'READ_COMMITTED' ? [] : null,
    }
  }

  /** The index of the first entry at `offset` or above. */
  private from(offset: number): number {
    let [low, high] = [0, this.entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.entries[middle]!.offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  private isCurrent({ offset, key }: Entry): boolean {
    return this.latest.get(nameOf(key)) === offset
  }

  /** The last entry stays in any case: a reader must get to the end. */
  private compact(): void {
    const current = this.entries.filter((entry) => this.isCurrent(entry))
    const gone = current.filter(({ key }) => this.source.record(key).value === null).slice(0, -KEPT_TOMBSTONES)
    for (const { key } of gone) this.latest.delete(nameOf(key))
    this.entries = current.filter((entry) => this.isCurrent(entry))
    this.compactAbove = this.entries.length * 2 + COMPACT_MIN
  }
}

const LATEST = -1
const EARLIEST = -2
const GREATEST = -3
const NOT_FOUND: OffsetAndTimestamp = { offset: -1, timestamp: -1, leaderEpoch: -1 }

const nameOf = (key: StateKey): string => JSON.stringify(key)
