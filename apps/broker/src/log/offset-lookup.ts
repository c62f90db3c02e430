import {
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchMaxTimestamp,
  batchSize,
  Compression,
  compressionOf,
  usesLogAppendTime,
  visitRecords,
} from '#libs/kafka-protocol'
import { scanBatches } from './batch-scan.ts'
import type { LogSegment } from './log-segment.ts'

export interface FoundRecord {
  readonly offset: number
  readonly timestamp: number
}

/** Only records at offsets in [from, to) count. */
export interface LookupRange {
  readonly from: number
  readonly to: number
  readonly indexInterval: number
}

/** The first record with a timestamp ≥ `timestamp`. */
export async function findByTimestamp(
  segments: readonly LogSegment[],
  timestamp: number,
  { from, to, indexInterval }: LookupRange,
): Promise<FoundRecord | undefined> {
  for (const segment of segments) {
    await segment.describe(indexInterval)
    if (segment.maxTimestamp < timestamp || segment.endOffset <= from) continue
    const index = await segment.index(indexInterval)
    let found: FoundRecord | undefined
    await segment.use((file) =>
      scanBatches(file, index.forTimestamp(timestamp).position, segment.size, false, (bytes, at) => {
        if (batchBaseOffset(bytes, at) >= to) return false
        if (batchMaxTimestamp(bytes, at) >= timestamp && batchLastOffset(bytes, at) >= from) {
          found = firstInBatch(bytes.subarray(at, at + batchSize(bytes, at)), timestamp, from)
        }
        return found === undefined
      }),
    )
    if (found !== undefined) return found
  }
  return undefined
}

/** The first record with the greatest timestamp. */
export async function findMaxTimestamp(
  segments: readonly LogSegment[],
  range: LookupRange,
): Promise<FoundRecord | undefined> {
  let greatest = -1
  for (const segment of segments) {
    await segment.describe(range.indexInterval)
    greatest = Math.max(greatest, segment.maxTimestamp)
  }
  return greatest < 0 ? undefined : findByTimestamp(segments, greatest, range)
}

/** A compressed batch answers with its first offset: never later than the record looked for, so none is missed. */
function firstInBatch(batch: Buffer, timestamp: number, from: number): FoundRecord | undefined {
  const attributes = batchAttributes(batch)
  const baseOffset = batchBaseOffset(batch)
  const whole = { offset: Math.max(baseOffset, from), timestamp: batchMaxTimestamp(batch) }
  if (usesLogAppendTime(attributes) || compressionOf(attributes) !== Compression.none) return whole
  let found: FoundRecord | undefined
  visitRecords(batch, (record) => {
    const offset = baseOffset + record.offsetDelta
    if (found === undefined && record.timestamp >= timestamp && offset >= from) {
      found = { offset, timestamp: record.timestamp }
    }
  })
  return found
}
