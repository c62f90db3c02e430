import {
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchMaxTimestamp,
  batchSize,
  MalformedError,
  readRecords,
  usesLogAppendTime,
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
  for (const segment of segments) await segment.describe(range.indexInterval)
  let best: FoundRecord | undefined
  // The greatest of a segment may lie outside of the range, so the others are looked into until none can be greater.
  for (const segment of segments.toSorted((a, b) => b.maxTimestamp - a.maxTimestamp || a.baseOffset - b.baseOffset)) {
    if (best !== undefined && segment.maxTimestamp <= best.timestamp) break
    const greatest = await greatestIn(segment, range)
    if (greatest === undefined || greatest <= (best?.timestamp ?? -1)) continue
    best = (await findByTimestamp([segment], greatest, range)) ?? best
  }
  return best
}

/** The greatest timestamp that the range may hold of this segment, mostly without reading it. */
async function greatestIn(segment: LogSegment, { from, to, indexInterval }: LookupRange): Promise<number | undefined> {
  if (segment.baseOffset >= from && segment.endOffset <= to) return segment.maxTimestamp
  if (segment.endOffset <= from || segment.baseOffset >= to) return undefined
  const { position } = (await segment.index(indexInterval)).forOffset(from)
  let greatest = -1
  await segment.use((file) =>
    scanBatches(file, position, segment.size, false, (bytes, at) => {
      if (batchBaseOffset(bytes, at) >= to) return false
      if (batchLastOffset(bytes, at) < from) return true
      greatest = Math.max(greatest, greatestInBatch(bytes.subarray(at, at + batchSize(bytes, at)), from))
      return true
    }),
  )
  return greatest
}

/** DeleteRecords may have taken the beginning of the batch. */
function greatestInBatch(batch: Buffer, from: number): number {
  const baseOffset = batchBaseOffset(batch)
  if (baseOffset >= from) return batchMaxTimestamp(batch)
  return timestampsIn(batch, from).reduce(
    (max, { offset, timestamp }) => (offset < from ? max : Math.max(max, timestamp)),
    -1,
  )
}

function firstInBatch(batch: Buffer, timestamp: number, from: number): FoundRecord | undefined {
  return timestampsIn(batch, from).find((record) => record.timestamp >= timestamp && record.offset >= from)
}

/** A batch that cannot be decompressed counts as one record at its beginning, so that nobody is sent behind what he asked for. */
function timestampsIn(batch: Buffer, from: number): FoundRecord[] {
  const baseOffset = batchBaseOffset(batch)
  const maxTimestamp = batchMaxTimestamp(batch)
  const stamped = usesLogAppendTime(batchAttributes(batch))
  try {
    return readRecords(batch).map(({ offsetDelta, timestamp }) => ({
      offset: baseOffset + offsetDelta,
      timestamp: stamped ? maxTimestamp : timestamp,
    }))
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return [{ offset: Math.max(baseOffset, from), timestamp: maxTimestamp }]
  }
}
