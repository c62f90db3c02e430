import type { LogConfig } from './log-config.ts'
import type { LogSegment } from './log-segment.ts'

/**
 * How many of the oldest segments retention takes: by time while their newest record is too old, by size while the
 * rest is still large enough, and those wholly below the log start. Records without a timestamp do not age. The caller
 * keeps an active segment.
 */
export async function expiredSegments(
  segments: readonly LogSegment[],
  config: LogConfig,
  logStartOffset: number,
  now: number,
): Promise<number> {
  let excess = segments.reduce((sum, segment) => sum + segment.size, 0) - config.retentionBytes
  let count = 0
  for (const segment of segments) {
    const active = segment === segments.at(-1)
    if (segment.size === 0 && active) break
    await segment.describe(config.indexIntervalBytes)
    // Compaction may have left nothing of a segment.
    const isEmpty = segment.size === 0
    const belowStart = segment.endOffset <= logStartOffset
    const tooOld =
      config.retentionMs >= 0 && segment.maxTimestamp >= 0 && now - segment.maxTimestamp > config.retentionMs
    const tooMuch = config.retentionBytes >= 0 && !active && excess >= segment.size
    if (!belowStart && !(config.cleanupPolicy.delete && (tooOld || tooMuch || isEmpty))) break
    excess -= segment.size
    count++
  }
  return count
}
