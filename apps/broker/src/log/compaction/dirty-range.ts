import { batchMaxTimestamp } from '#libs/kafka-protocol'
import type { LogSegment } from '../log-segment.ts'
import type { LogState } from '../log-state.ts'

/** What of a log could be cleaned now. */
export interface DirtyRange {
  /** Everything below was cleaned before. */
  readonly from: number
  readonly to: number
  /** Share of the bytes that were not cleaned yet. */
  readonly ratio: number
  /** The log should be cleaned: it is dirty enough, or a record waits for longer than it may. */
  readonly isDue: boolean
}

/**
 * Never the active segment, nothing that a transaction may still abort, and nothing younger than
 * `min.compaction.lag.ms`. Undefined when that leaves nothing new.
 */
export async function dirtyRange(log: LogState): Promise<DirtyRange | undefined> {
  const { config, segments } = log
  if (!config.cleanupPolicy.compact || log.hasUnfinishedSwap) return undefined
  const from = Math.max(log.cleanedUpTo, log.logStartOffset)
  let to = Math.min(log.lastStableOffset, segments.at(-1)!.baseOffset)
  const now = log.context.now()
  let cleanBytes = 0
  let dirtyBytes = 0
  let first: LogSegment | undefined
  for (const [index, segment] of segments.slice(0, -1).entries()) {
    if (segments[index + 1]!.baseOffset <= from) {
      cleanBytes += segment.size
      continue
    }
    if (segment.baseOffset >= to) break
    await segment.describe(config.indexIntervalBytes)
    if (config.minCompactionLagMs > 0 && segment.maxTimestamp > now - config.minCompactionLagMs) {
      to = Math.min(to, segment.baseOffset)
      break
    }
    first ??= segment
    dirtyBytes += segment.size
  }
  if (dirtyBytes === 0 || first === undefined || to <= from) return undefined
  const ratio = dirtyBytes / (cleanBytes + dirtyBytes)
  const isLate = config.maxCompactionLagMs < now && (await firstTimestamp(first)) < now - config.maxCompactionLagMs
  return { from, to, ratio, isDue: isLate || ratio > config.minCleanableDirtyRatio }
}

async function firstTimestamp(segment: LogSegment): Promise<number> {
  const header = Buffer.alloc(61)
  await segment.use((file) => file.read(header, 0))
  return batchMaxTimestamp(header)
}
