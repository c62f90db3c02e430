import { abortedPath } from './aborted-transactions.ts'
import { writeAtomically } from './atomic-file.ts'
import { swapName } from './compaction/segment-swap.ts'
import type { LogSegment } from './log-segment.ts'
import type { LogState } from './log-state.ts'
import { type PartitionCheckpoint, writePartitionCheckpoint } from './partition-checkpoint.ts'
import { expiredSegments } from './retention.ts'
import { segmentName } from './segment-name.ts'

/** A crash costs a scan of at most this much time or this many bytes of appends. */
const CHECKPOINT_MS = 60_000
const EXPIRY_MS = 60_000
const CHECKPOINT_BYTES = 64 * 1024 * 1024

/** Retention, checkpoints and closing take turns, since each relies on files that another one replaces. */
export class LogUpkeep {
  private lastCheckpoint: number
  private lastExpiry: number
  private turns: Promise<unknown> = Promise.resolve()

  constructor(private readonly log: LogState) {
    this.lastCheckpoint = log.context.now()
    this.lastExpiry = this.lastCheckpoint
  }

  checkpoint(): Promise<void> {
    return this.exclusively(() => this.writeCheckpoint())
  }

  maintain(): Promise<void> {
    return this.exclusively(async () => {
      const { log } = this
      if (log.closed) return
      if (log.writer.failure !== undefined) await log.writer.heal()
      this.expireProducers()
      await this.applyRetention()
      if (this.checkpointIsDue()) await this.writeCheckpoint()
      for (const segment of log.segments) segment.releaseIdle(segment === log.segments.at(-1))
    })
  }

  discard(): Promise<void> {
    return this.exclusively(async () => {
      const { writer, context, tail, segments } = this.log
      writer.close()
      context.tails.forget(tail)
      for (const segment of segments) segment.retire()
    })
  }

  /**
   * Puts a cleaned segment in the place of those it was made of; a crash at any point leaves the old ones or the new
   * one. False, and nothing done, when they are not all there any more.
   */
  replaceSegments(originals: readonly LogSegment[], cleaned: LogSegment): Promise<boolean> {
    return this.exclusively(async () => {
      const { log } = this
      const { segments, context } = log
      const from = segments.indexOf(originals[0]!)
      const areThere = from >= 0 && originals.every((original, index) => segments[from + index] === original)
      if (log.closed || !areThere) return false
      const end = segments[from + originals.length]!.baseOffset
      log.gapsBelow = Math.max(log.gapsBelow, end)
      // A restart must know that offsets have gaps here, and that no more is to be replayed.
      await this.writeCheckpoint()
      await context.forget(`${context.name}/${originals[0]!.fileName}`)
      try {
        cleaned.rename(swapName(cleaned.baseOffset, end))
        await context.fs.syncDirectory(context.directory)
        segments.splice(from, originals.length, cleaned)
        log.changedSinceCheckpoint = true
        // Recent batches in memory are those from before the cleaning.
        context.tails.forget(log.tail)
        for (const original of originals) await original.remove()
        await context.fs.syncDirectory(context.directory)
        cleaned.rename(`${segmentName(cleaned.baseOffset)}.log`)
        await context.fs.syncDirectory(context.directory)
        return true
      } catch (error) {
        log.hasUnfinishedSwap = true
        throw error
      }
    })
  }

  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.turns.then(work)
    this.turns = turn.catch(() => {})
    return turn
  }

  /** Deletes what retention no longer covers. */
  private async applyRetention(): Promise<void> {
    const { log } = this
    const { segments, writer, context } = log
    const expired = await expiredSegments(segments, log.config, log.logStartOffset, context.now())
    if (expired === 0) return
    // The active segment goes too when it is expired, but the log must keep its end offset in a file name.
    if (expired === segments.length) {
      if (!writer.idle) return
      writer.roll(writer.writtenEnd)
    }
    const removed = segments.slice(0, expired)
    log.moveLogStart(Math.max(log.logStartOffset, segments[expired]!.baseOffset))
    // A crash after the removal must find the new log start, not a hole where the old one was.
    await this.writeCheckpoint()
    segments.splice(0, expired)
    for (const segment of removed) await segment.remove()
    await context.fs.syncDirectory(context.directory)
  }

  /** It looks at every producer there is, and a minute more or less is nothing to their day. */
  private expireProducers(): void {
    const { log } = this
    const now = log.context.now()
    if (now - this.lastExpiry < EXPIRY_MS) return
    this.lastExpiry = now
    log.producers.expire(now, log.config.producerIdExpirationMs)
  }

  private checkpointIsDue(): boolean {
    const { log } = this
    const old = log.context.now() - this.lastCheckpoint >= CHECKPOINT_MS
    return log.changedSinceCheckpoint && (old || log.uncheckpointedBytes >= CHECKPOINT_BYTES)
  }

  private async writeCheckpoint(): Promise<void> {
    const { log } = this
    const { writer, context } = log
    const recoveryPoint = writer.logEndOffset
    const checkpoint: PartitionCheckpoint = {
      logStartOffset: log.logStartOffset,
      recoveryPoint,
      epochs: log.epochs.list(),
      producers: [...log.producers.entries()],
      aborted: log.producers.aborted.size,
      cleanedUpTo: log.cleanedUpTo,
      gapsBelow: log.gapsBelow,
    }
    const aborted = log.producers.aborted.changed ? log.producers.aborted.encode() : undefined
    log.producers.aborted.changed = false
    log.changedSinceCheckpoint = false
    log.uncheckpointedBytes = 0
    this.lastCheckpoint = context.now()
    try {
      // The state was taken at this offset, so the log must reach it before the state is written down.
      await writer.durable(recoveryPoint)
      // What is durable may be so by the redo log, which a checkpoint knows nothing of.
      await writer.syncFiles()
      for (const segment of log.segments.filter(({ hasUnsavedIndex }) => hasUnsavedIndex)) await segment.saveIndex()
      if (aborted !== undefined) await writeAtomically(context.fs, abortedPath(context.directory), [aborted])
      await writePartitionCheckpoint(context.fs, context.directory, checkpoint)
    } catch (error) {
      log.changedSinceCheckpoint = true
      if (aborted !== undefined) log.producers.aborted.changed = true
      throw error
    }
  }
}
