import { batchAttributes, batchBaseOffset, batchSize, isBatchIntact, isControl } from '#libs/kafka-protocol'
import type { File } from '../../disk/file-system.ts'
import { LogSegment } from '../log-segment.ts'
import type { LogState } from '../log-state.ts'
import type { LogUpkeep } from '../log-upkeep.ts'
import { MAX_SEGMENT_OFFSETS } from '../segment-index.ts'
import { readBatches } from '../segment-reader.ts'
import { type CleaningRules, cleanBatch, tryReadRecords } from './clean-batch.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import type { DirtyRange } from './dirty-range.ts'
import { isLastOfProducer } from './last-of-producer.ts'
import { OffsetMap } from './offset-map.ts'
import { cleanedName } from './segment-swap.ts'

/** Between two slices of this size everybody else has a turn. */
const SLICE = 64 * 1024

export interface CleaningResult {
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/**
 * Compacts one log: learns the last offset of each key in the dirty part, then writes the segments below anew, without
 * what has been written again since. Reads only segments that nobody appends to, so it needs no turn of its own until
 * a new segment takes the place of old ones.
 */
export class Compactor {
  constructor(
    private readonly log: LogState,
    private readonly upkeep: LogUpkeep,
    private readonly mapBytes: number,
  ) {}

  /** Undefined when retention, DeleteRecords or a deletion was there first: what is left may be cleaned anew. */
  async run(dirty: DirtyRange): Promise<CleaningResult | undefined> {
    const { log } = this
    const latest = new OffsetMap(this.mapBytes, dirty.to - dirty.from)
    const end = await this.learn(latest, dirty)
    const emptied = new Set<number>()
    const rules: CleaningRules = {
      ...{ latest, end, now: log.context.now(), deleteRetentionMs: log.config.deleteRetentionMs },
      transactions: new CleanedTransactions(log.producers.aborted.overlapping(log.logStartOffset, end)),
      isLastOfProducer: isLastOfProducer(log.producers),
      onEmptyTransaction: (markerOffset) => emptied.add(markerOffset),
    }
    let bytesBefore = 0
    let bytesAfter = 0
    for (const group of this.groups(end)) {
      bytesBefore += group.reduce((sum, { size }) => sum + size, 0)
      const size = await this.replace(group, rules, emptied)
      if (size === undefined) return undefined
      bytesAfter += size
    }
    log.cleanedUpTo = end
    log.changedSinceCheckpoint = true
    return { bytesBefore, bytesAfter }
  }

  /** Returns the size of what takes the place of the group; undefined when the group is not there any more. */
  private async replace(group: readonly LogSegment[], rules: CleaningRules, emptied: ReadonlySet<number>) {
    const { log } = this
    const { fs, directory } = log.context
    // A closed log must not touch its directory again: it may be another one's by now.
    if (log.closed) throw new ClosedError()
    const base = group[0]!.baseOffset
    const cleaned = new LogSegment(fs, directory, base, 0, cleanedName(base))
    try {
      await this.clean(group, rules, cleaned)
      log.producers.aborted.forget(emptied)
      if (await this.upkeep.replaceSegments(group, cleaned)) return cleaned.size
    } catch (error) {
      if (log.closed) cleaned.retire()
      // What is half written must not fill the disk; what is half swapped may be in use already.
      else if (!log.hasUnfinishedSwap) await cleaned.abandon()
      throw error
    }
    if (log.closed) cleaned.retire()
    else await cleaned.abandon()
    return undefined
  }

  /** Fills the map from the dirty part; returns where it ends, which is sooner than wanted when the map is full. */
  private async learn(latest: OffsetMap, { from, to }: DirtyRange): Promise<number> {
    const { log } = this
    const transactions = new CleanedTransactions(log.producers.aborted.overlapping(from, to))
    const segments = this.closedSegments()
    for (const [index, segment] of segments.entries()) {
      if ((segments[index + 1]?.baseOffset ?? Infinity) <= from) continue
      if (segment.baseOffset >= to) break
      for await (const batch of this.batches(segment)) {
        const baseOffset = batchBaseOffset(batch)
        if (baseOffset >= to) return to
        if (isControl(batchAttributes(batch))) transactions.endsNothing(batch)
        else if (!transactions.isAborted(batch)) {
          for (const { key, offsetDelta } of tryReadRecords(batch) ?? []) {
            const offset = baseOffset + offsetDelta
            if (key !== null && offset >= from && !latest.put(key, offset)) return baseOffset
          }
        }
      }
    }
    return to
  }

  /** Neighbours that become one segment. */
  private *groups(end: number): Generator<LogSegment[]> {
    let group: LogSegment[] = []
    let bytes = 0
    for (const segment of this.closedSegments()) {
      if (segment.baseOffset >= end) break
      const isTooMuch =
        bytes + segment.size > this.log.config.segmentBytes ||
        segment.endOffset - (group[0]?.baseOffset ?? 0) > MAX_SEGMENT_OFFSETS
      if (group.length > 0 && isTooMuch) {
        yield group
        group = []
        bytes = 0
      }
      group.push(segment)
      bytes += segment.size
    }
    if (group.length > 0) yield group
  }

  private async clean(group: readonly LogSegment[], rules: CleaningRules, cleaned: LogSegment): Promise<void> {
    const file = cleaned.file()
    file.truncate(0)
    const writer = new SliceWriter(cleaned, file, this.log.config.indexIntervalBytes)
    for (const segment of group) {
      for await (const batch of this.batches(segment)) {
        const kept = cleanBatch(batch, rules)
        if (kept !== undefined) writer.add(kept)
        if (writer.isFull) await writer.flush()
      }
    }
    await writer.flush()
    await cleaned.sync()
  }

  private async *batches(segment: LogSegment): AsyncGenerator<Buffer> {
    const limits = { offset: 0, maxBytes: SLICE, bound: Infinity, minOneBatch: true }
    for (let position = 0; position < segment.size; ) {
      const slice = await segment.use((file) => readBatches(file, position, segment.size, limits))
      if (this.log.closed) throw new ClosedError()
      for (let at = 0; at < slice.length; at += batchSize(slice, at)) {
        // Written anew it would get a new checksum, and nobody would ever know that it was damaged.
        if (!isBatchIntact(slice, at)) throw new Error(`a batch of ${segment.logPath} is damaged`)
        yield slice.subarray(at, at + batchSize(slice, at))
      }
      if (slice.length === 0) throw new Error(`${segment.logPath} is damaged at ${position}`)
      position += slice.length
    }
  }

  private closedSegments(): LogSegment[] {
    return this.log.segments.slice(0, -1)
  }
}

class ClosedError extends Error {
  override readonly message = 'the log was closed'
}

class SliceWriter {
  private batches: Buffer[] = []
  private bytes = 0

  constructor(
    private readonly segment: LogSegment,
    private readonly file: File,
    private readonly indexInterval: number,
  ) {}

  get isFull(): boolean {
    return this.bytes >= SLICE
  }

  add(batch: Buffer): void {
    this.batches.push(batch)
    this.bytes += batch.length
  }

  async flush(): Promise<void> {
    if (this.bytes === 0) return
    await this.file.write(this.batches, this.segment.size)
    this.segment.wrote(this.batches, this.indexInterval)
    this.batches = []
    this.bytes = 0
  }
}
