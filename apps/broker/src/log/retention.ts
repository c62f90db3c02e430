import type { LogConfig } from './log-config.ts'
import type { LogSegment } from './log-segment.ts'

/**
 * How many of the oldest segments retention takes: by time while their newest record is too old, by size while the
 * rest is still large enough, and those wholly below the log start. Records without a timestamp do not age. Of what
 * compaction has left nothing, that is no reason to take it, since the log start would move: it goes with the first
 * segment behind it that is taken. The caller keeps an active segment.
 */
export async function expiredSegments(
  segments: readonly LogSegment[],
  config: LogConfig,
  logStartOffset: number,
  now: number,
): Promise<number> {
  let excess = segments.reduce((sum, segment) => sum + segment.size, 0) - config.retentionBytes
  let count = 0
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1]
    if (next === undefined && segment.size === 0) break
    await segment.describe(config.indexIntervalBytes)
    const belowStart = (next?.baseOffset ?? segment.endOffset) <= logStartOffset
    if (!belowStart && !config.cleanupPolicy.delete) break
    if (!belowStart && segment.size === 0) continue
    const tooOld =
      config.retentionMs >= 0 && segment.maxTimestamp >= 0 && now - segment.maxTimestamp > config.retentionMs
    const tooMuch = config.retentionBytes >= 0 && next !== undefined && excess >= segment.size
    if (!belowStart && !tooOld && !tooMuch) break
    excess -= segment.size
    count = index + 1
  }
  return count
}
