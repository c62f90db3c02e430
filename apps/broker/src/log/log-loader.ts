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
import type { FileSystem } from '../disk/file-system.ts'
import { AbortedTransactions, abortedPath } from './aborted-transactions.ts'
import { readChecked } from './atomic-file.ts'
import { scanBatches } from './batch-scan.ts'
import { finishSwaps } from './compaction/segment-swap.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { LogSegment } from './log-segment.ts'
import { hasPartitionCheckpoint, type PartitionCheckpoint, readPartitionCheckpoint } from './partition-checkpoint.ts'
import { lastSequenceOf, ProducerStateManager } from './producer-state.ts'

export interface RecoveredLog {
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
  /** Bytes cut off because they were torn or damaged. */
  readonly truncatedBytes: number
}

/**
 * Finds the end of a log. The checkpoint vouches for everything below its recovery point; from there every batch is
 * checked (length, CRC, offset) and replayed, and the log ends before the first one that is torn. What follows a torn
 * batch was never acknowledged as durable, for acknowledgements wait for a sync of everything before them.
 * Without a usable checkpoint the whole log is checked.
 */
export async function recoverLog(
  fs: FileSystem,
  directory: string,
  indexInterval: number,
  leaderEpoch: number,
  now: number,
): Promise<RecoveredLog> {
  await finishSwaps(fs, directory)
  const checkpoint = readPartitionCheckpoint(fs, directory)
  const aborted = checkpoint && readAborted(fs, directory, checkpoint)
  if (checkpoint !== undefined && aborted !== undefined) {
    const { cleanedUpTo = 0, gapsBelow = 0 } = checkpoint
    const recovery = new Recovery(fs, directory, indexInterval, leaderEpoch, now, gapsBelow)
    const state = {
      producers: new ProducerStateManager(checkpoint.producers, aborted),
      epochs: new LeaderEpochs([...checkpoint.epochs]),
      cleanedUpTo,
    }
    const recovered = await recovery.run(checkpoint.recoveryPoint, checkpoint.logStartOffset, state)
    if (recovered !== undefined) return recovered
  }
  // A gap that compaction left is to be kept; one where a power cut took a write and left a later one is the end.
  const gapsBelow = checkpoint?.gapsBelow ?? (hasPartitionCheckpoint(fs, directory) ? Infinity : 0)
  const recovery = new Recovery(fs, directory, indexInterval, leaderEpoch, now, gapsBelow)
  const state = { producers: new ProducerStateManager(), epochs: new LeaderEpochs(), cleanedUpTo: 0 }
  return (await recovery.run(0, checkpoint?.logStartOffset ?? 0, state))!
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

class Recovery {
  private scannedBytes = 0
  private truncatedBytes = 0

  constructor(
    private readonly fs: FileSystem,
    private readonly directory: string,
    private readonly indexInterval: number,
    private readonly leaderEpoch: number,
    private readonly now: number,
    /** Compaction has been here: offsets grow, but not one by one. */
    private gapsBelow: number,
  ) {}

  /** Undefined when the log turns out shorter than the recovery point: durable data is damaged, state must be rebuilt. */
  async run(recoveryPoint: number, logStart: number, state: ReplayedState): Promise<RecoveredLog | undefined> {
    const segments = this.segmentsOnDisk()
    // Compaction never touches the segment that is written to, which is where a power cut leaves holes.
    this.gapsBelow = Math.min(this.gapsBelow, segments.at(-1)?.baseOffset ?? 0)
    const first = Math.max(
      0,
      segments.findLastIndex((segment) => segment.baseOffset <= recoveryPoint),
    )
    if (recoveryPoint > 0 && (segments[first]?.baseOffset ?? Infinity) > recoveryPoint) return undefined
    const kept = segments.slice(0, first)
    for (const segment of segments.slice(first)) {
      const expected = kept.length > first ? kept.at(-1)!.endOffset : undefined
      if (expected !== undefined && !this.continues(segment.baseOffset, expected)) break
      const whole = await this.recoverSegment(segment, recoveryPoint, state)
      kept.push(segment)
      if (!whole) break
    }
    const endOffset = kept.at(-1)?.endOffset ?? 0
    if (endOffset < recoveryPoint) return undefined
    for (const segment of segments.slice(kept.length)) await this.drop(segment)
    return this.result(kept, Math.max(logStart, kept[0]?.baseOffset ?? 0), endOffset, state)
  }

  private async result(segments: LogSegment[], logStartOffset: number, end: number, state: ReplayedState) {
    let endOffset = end
    let changed = this.scannedBytes > 0 || this.truncatedBytes > 0
    if (segments.length === 0 || logStartOffset > end) {
      // Nothing that may be read is left: the log goes on at its start, so that no offset is ever given out twice.
      for (const segment of segments.splice(0)) await this.drop(segment)
      segments.push(new LogSegment(this.fs, this.directory, logStartOffset, 0))
      endOffset = logStartOffset
      segments[0]!.file()
      changed = true
    }
    if (changed) await this.fs.syncDirectory(this.directory)
    const { scannedBytes, truncatedBytes } = this
    const gapsBelow = Math.min(this.gapsBelow, endOffset)
    return { segments, logStartOffset, endOffset, ...state, gapsBelow, scannedBytes, truncatedBytes }
  }

  private segmentsOnDisk(): LogSegment[] {
    return this.fs
      .readdir(this.directory)
      .filter((name) => /^\d{20}\.log$/.test(name))
      .sort()
      .map((name) => {
        const size = this.fs.size(`${this.directory}/${name}`) ?? 0
        return new LogSegment(this.fs, this.directory, Number(name.slice(0, 20)), size)
      })
  }

  /** True when the segment is sound to its end. */
  private async recoverSegment(segment: LogSegment, recoveryPoint: number, state: ReplayedState): Promise<boolean> {
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
        segment.note(bytes, at, position, this.indexInterval)
        if (baseOffset >= recoveryPoint) this.replay(bytes, at, state)
        return true
      }),
    )
    this.scannedBytes += size - from
    if (end < size) {
      this.truncatedBytes += size - end
      segment.file().truncate(end)
    }
    // What a dead process had written is durable only now; and without this a second crash might bring back what was
    // cut off, behind what is written in its place.
    if (size > from) await segment.use((file) => file.sync())
    segment.size = end
    segment.syncedSize = end
    return end === size
  }

  private continues(baseOffset: number, expected: number): boolean {
    return baseOffset === expected || (baseOffset > expected && baseOffset <= this.gapsBelow)
  }

  /** The epoch is not under the CRC, but out of order it is damage too. Below the recovery point it was checked before. */
  private mayFollow(bytes: Buffer, at: number, recoveryPoint: number, epochs: LeaderEpochs): boolean {
    if (batchBaseOffset(bytes, at) < recoveryPoint) return true
    const epoch = batchLeaderEpoch(bytes, at)
    return epoch >= epochs.latest && epoch <= this.leaderEpoch
  }

  private replay(bytes: Buffer, at: number, { producers, epochs }: ReplayedState): void {
    const baseOffset = batchBaseOffset(bytes, at)
    epochs.note(batchLeaderEpoch(bytes, at), baseOffset)
    const producerId = batchProducerId(bytes, at)
    if (producerId < 0) return
    const epoch = batchProducerEpoch(bytes, at)
    const attributes = batchAttributes(bytes, at)
    if (isControl(attributes)) {
      producers.applyMarker({ producerId, epoch, ...readEndMarker(bytes, at) }, baseOffset, this.now)
      return
    }
    const firstSequence = batchBaseSequence(bytes, at)
    // Not its records: compaction may have taken some.
    const lastSequence = lastSequenceOf(firstSequence, batchLastOffsetDelta(bytes, at) + 1)
    producers.apply(
      { producerId, epoch, firstSequence, lastSequence, transactional: isTransactional(attributes) },
      { baseOffset, lastOffset: batchLastOffset(bytes, at), timestamp: batchMaxTimestamp(bytes, at) },
      this.now,
    )
  }

  private async drop(segment: LogSegment): Promise<void> {
    this.truncatedBytes += segment.size
    await segment.remove()
  }
}
