import {
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchLastOffset,
  batchLastOffsetDelta,
  batchLeaderEpoch,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  isControl,
  isTransactional,
  readEndMarker,
} from '#libs/kafka-protocol'
import { DamagedFileError, type LastStop } from '../disk/damage.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { AbortedTransactions, abortedPath } from './aborted-transactions.ts'
import { readChecked } from './atomic-file.ts'
import { findBatch, scanBatches } from './batch-scan.ts'
import { finishSwaps } from './compaction/segment-swap.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { LogSegment } from './log-segment.ts'
import { hasPartitionCheckpoint, type PartitionCheckpoint, readPartitionCheckpoint } from './partition-checkpoint.ts'
import { lastSequenceOf, ProducerStateManager } from './producer-state.ts'

export interface LoadedLog {
  /** Oldest first, never empty; the last one is the active segment. */
  readonly segments: LogSegment[]
  readonly logStartOffset: number
  readonly endOffset: number
  readonly producers: ProducerStateManager
  readonly epochs: LeaderEpochs
  readonly cleanedUpTo: number
  readonly gapsBelow: number
  /** Bytes read to find the end; 0 after a clean stop. */
  readonly scannedBytes: number
  /** Bytes cut off because a crash had torn them. */
  readonly truncatedBytes: number
}

export interface LogLoaderOptions {
  readonly fs: FileSystem
  readonly directory: string
  readonly indexInterval: number
  /** No batch is of a later one. */
  readonly leaderEpoch: number
  readonly now: number
  readonly lastStop: LastStop
}

/**
 * Finds the end of a log. The checkpoint vouches for everything below its recovery point; from there every batch is
 * checked (length, CRC, offset) and replayed, and the log ends before the first one that is torn. What follows a torn
 * batch was never acknowledged as durable, for acknowledgements wait for a sync of everything before them.
 * Without a usable checkpoint the whole log is checked.
 *
 * Throws DamagedFileError, and cuts nothing off, where what is not whole cannot be what a crash has torn: below the
 * recovery point, after a clean stop, and in front of whole batches unless a power cut took what was not synced.
 */
export async function loadLog(options: LogLoaderOptions): Promise<LoadedLog> {
  const { fs, directory } = options
  await finishSwaps(fs, directory)
  const checkpoint = readPartitionCheckpoint(fs, directory)
  const aborted = checkpoint && readAborted(fs, directory, checkpoint)
  const { recoveryPoint = 0, logStartOffset = 0 } = checkpoint ?? {}
  if (checkpoint !== undefined && aborted !== undefined) {
    const { cleanedUpTo = 0, gapsBelow = 0 } = checkpoint
    const state = {
      producers: new ProducerStateManager(checkpoint.producers, aborted),
      epochs: new LeaderEpochs([...checkpoint.epochs]),
      cleanedUpTo,
    }
    return await new LogLoader(options, gapsBelow, recoveryPoint).run(recoveryPoint, logStartOffset, state)
  }
  // A gap that compaction left is to be kept; one where a power cut took a write and left a later one is the end.
  const gapsBelow = checkpoint?.gapsBelow ?? (hasPartitionCheckpoint(fs, directory) ? Infinity : 0)
  const state = { producers: new ProducerStateManager(), epochs: new LeaderEpochs(), cleanedUpTo: 0 }
  return new LogLoader(options, gapsBelow, recoveryPoint).run(0, logStartOffset, state)
}

/** Undefined when they are not all there: an aborted record must not come back as a committed one. */
function readAborted(
  fs: FileSystem,
  directory: string,
  { logStartOffset, recoveryPoint, aborted = 0 }: PartitionCheckpoint,
): AbortedTransactions | undefined {
  if (aborted === 0) return new AbortedTransactions()
  const content = readChecked(fs, abortedPath(directory))
  const known = content && AbortedTransactions.decode(content, logStartOffset, recoveryPoint)
  return known?.size === aborted ? known : undefined
}

interface ReplayedState {
  readonly producers: ProducerStateManager
  readonly epochs: LeaderEpochs
  readonly cleanedUpTo: number
}

class LogLoader {
  private scannedBytes = 0
  private truncatedBytes = 0

  constructor(
    private readonly options: LogLoaderOptions,
    /** Compaction has been here: offsets grow, but not one by one. */
    private gapsBelow: number,
    /** All below was on the device. */
    private readonly durable: number,
  ) {}

  /** Reads on from `from`, which is what `state` knows of. */
  async run(from: number, logStart: number, state: ReplayedState): Promise<LoadedLog> {
    const segments = this.segmentsOnDisk()
    // Compaction never touches the segment that is written to, which is where a power cut leaves holes.
    this.gapsBelow = Math.min(this.gapsBelow, segments.at(-1)?.baseOffset ?? 0)
    const first = Math.max(
      0,
      segments.findLastIndex((segment) => segment.baseOffset <= from),
    )
    const kept = segments.slice(0, first)
    let end = from > 0 ? from : (segments[0]?.baseOffset ?? 0)
    for (const [index, segment] of segments.entries()) {
      if (index < first) continue
      const isMissing = index === first ? segment.baseOffset > end : !this.continues(segment.baseOffset, end)
      if (isMissing) {
        await this.checkTear(segment, 0, end, segments.slice(index))
        break
      }
      const whole = await this.recoverSegment(segment, from, state, segments.slice(index))
      kept.push(segment)
      end = segment.endOffset
      if (!whole) break
    }
    if (end < this.durable || kept.length === 0) {
      const last = kept.at(-1)
      if (this.durable > 0) throw this.damage(last?.logPath ?? this.options.directory, last?.size ?? 0, end, undefined)
      end = 0
    }
    for (const segment of segments.slice(kept.length)) await this.drop(segment)
    return this.result(kept, Math.max(logStart, kept[0]?.baseOffset ?? 0), end, state)
  }

  /**
   * At `position` of the first of `segments` begins something that is not the batch of this offset. Returns when a crash
   * may have torn it, and throws when it is damage.
   */
  private async checkTear(segment: LogSegment, position: number, offset: number, segments: readonly LogSegment[]) {
    const { lastStop } = this.options
    const behind = await this.nextBatch(position, offset, segments)
    const isDamage = lastStop === 'CLEAN' || offset < this.durable || (lastStop === 'KILLED' && behind !== undefined)
    if (isDamage) throw this.damage(segment.logPath, position, offset, behind)
  }

  /** Offset of the first whole batch behind `position` of the first segment. */
  private async nextBatch(position: number, offset: number, segments: readonly LogSegment[]) {
    for (const [index, { logPath }] of segments.entries()) {
      const size = this.options.fs.size(logPath) ?? 0
      const file = this.options.fs.open(logPath)
      try {
        const found = await findBatch(file, index === 0 ? position : 0, size, offset)
        if (found !== undefined) return found.baseOffset
      } finally {
        file.close()
      }
    }
    return undefined
  }

  private damage(path: string, position: number, offset: number, behind: number | undefined): DamagedFileError {
    const lost =
      behind === undefined
        ? `Lost are the records from offset ${offset} on; nothing whole is behind them.`
        : `Lost are the records from offset ${offset} up to offset ${behind}; what is behind them can be kept.`
    return new DamagedFileError(path, position, lost)
  }

  private async result(segments: LogSegment[], logStartOffset: number, end: number, state: ReplayedState) {
    const { fs, directory } = this.options
    let endOffset = end
    let changed = this.scannedBytes > 0 || this.truncatedBytes > 0
    if (segments.length === 0 || logStartOffset > end) {
      // Nothing that may be read is left: the log goes on at its start, so that no offset is ever given out twice.
      for (const segment of segments.splice(0)) await this.drop(segment)
      segments.push(new LogSegment(fs, directory, logStartOffset, 0))
      endOffset = logStartOffset
      segments[0]!.file()
      changed = true
    }
    if (changed) await fs.syncDirectory(directory)
    // Thousands of partitions must not hold a file each because a crash had each of them read.
    for (const segment of segments) segment.closeFile()
    const { scannedBytes, truncatedBytes } = this
    const gapsBelow = Math.min(this.gapsBelow, endOffset)
    return { segments, logStartOffset, endOffset, ...state, gapsBelow, scannedBytes, truncatedBytes }
  }

  private segmentsOnDisk(): LogSegment[] {
    const { fs, directory } = this.options
    return fs
      .readdir(directory)
      .filter((name) => /^\d{20}\.log$/.test(name))
      .sort()
      .map((name) => {
        const size = fs.size(`${directory}/${name}`) ?? 0
        return new LogSegment(fs, directory, Number(name.slice(0, 20)), size)
      })
  }

  /** True when the segment is sound to its end. */
  private async recoverSegment(
    segment: LogSegment,
    recoveryPoint: number,
    state: ReplayedState,
    segments: readonly LogSegment[],
  ): Promise<boolean> {
    const size = segment.size
    const covered = segment.loadIndex()
    if (covered?.offset === recoveryPoint && covered.position === size) return true
    const from = segment.rewindTo(recoveryPoint)
    let expected = segment.endOffset
    const end = await segment.use((file) =>
      scanBatches(file, from, size, true, (bytes, at, position) => {
        const baseOffset = batchBaseOffset(bytes, at)
        if (!this.continues(baseOffset, expected) || !this.mayFollow(bytes, at, recoveryPoint, state.epochs))
          return false
        expected = batchLastOffset(bytes, at) + 1
        segment.note(bytes, at, position, this.options.indexInterval)
        if (baseOffset >= recoveryPoint) this.replay(bytes, at, state)
        return true
      }),
    )
    this.scannedBytes += size - from
    if (end < size) {
      await this.checkTear(segment, end, expected, segments)
      this.truncatedBytes += size - end
      segment.file().truncate(end)
    }
    // What a dead process had written is durable only now; and without this a second crash might bring back what was
    // cut off, behind what is written in its place.
    if (size > from) await segment.use((file) => file.sync())
    segment.recoveredTo(end)
    return end === size
  }

  private continues(baseOffset: number, expected: number): boolean {
    return baseOffset === expected || (baseOffset > expected && baseOffset <= this.gapsBelow)
  }

  /** The epoch is not under the CRC, but out of order it is damage too. Below the recovery point it was checked before. */
  private mayFollow(bytes: Buffer, at: number, recoveryPoint: number, epochs: LeaderEpochs): boolean {
    if (batchBaseOffset(bytes, at) < recoveryPoint) return true
    const epoch = batchLeaderEpoch(bytes, at)
    return epoch >= epochs.latest && epoch <= this.options.leaderEpoch
  }

  private replay(bytes: Buffer, at: number, { producers, epochs }: ReplayedState): void {
    const baseOffset = batchBaseOffset(bytes, at)
    epochs.note(batchLeaderEpoch(bytes, at), baseOffset)
    const producerId = batchProducerId(bytes, at)
    if (producerId < 0) return
    const epoch = batchProducerEpoch(bytes, at)
    const attributes = batchAttributes(bytes, at)
    if (isControl(attributes)) {
      producers.applyMarker({ producerId, epoch, ...readEndMarker(bytes, at) }, baseOffset, this.options.now)
      return
    }
    const firstSequence = batchBaseSequence(bytes, at)
    // Not its records: compaction may have taken some.
    const lastSequence = lastSequenceOf(firstSequence, batchLastOffsetDelta(bytes, at) + 1)
    producers.apply(
      { producerId, epoch, firstSequence, lastSequence, transactional: isTransactional(attributes) },
      { baseOffset, lastOffset: batchLastOffset(bytes, at), timestamp: batchMaxTimestamp(bytes, at) },
      this.options.now,
    )
  }

  private async drop(segment: LogSegment): Promise<void> {
    this.truncatedBytes += segment.size
    await segment.remove()
  }
}
