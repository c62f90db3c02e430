import { BATCH_OVERHEAD, batchBaseTimestamp, batchRecordsCount, batchSize } from './record-batch.ts'

/** What the broker wants to know of a record; keys and values stay where they are. */
export interface RecordHead {
  readonly offsetDelta: number
  readonly timestamp: number
  readonly keyIsNull: boolean
}

/**
 * The heads of the records of an uncompressed batch, or undefined when they do not add up: lengths that do not meet
 * the end of the batch, fewer or more records than announced, or offset deltas that are not 0, 1, 2 ….
 * Layout of a record: varint length, int8 attributes, varint timestampDelta, varint offsetDelta, varint keyLength, …
 */
export function visitRecords(batch: Buffer, visit: (record: RecordHead) => void): boolean {
  const end = batchSize(batch)
  const count = batchRecordsCount(batch)
  const baseTimestamp = batchBaseTimestamp(batch)
  const cursor = { at: BATCH_OVERHEAD }
  for (let index = 0; index < count; index++) {
    const length = readVarint(batch, cursor, end)
    const recordEnd = cursor.at + length
    if (!(length > 0 && recordEnd <= end)) return false
    cursor.at++
    const timestampDelta = readVarint(batch, cursor, recordEnd)
    const offsetDelta = readVarint(batch, cursor, recordEnd)
    const keyLength = readVarint(batch, cursor, recordEnd)
    if (Number.isNaN(timestampDelta) || offsetDelta !== index || !(keyLength >= -1)) return false
    visit({ offsetDelta, timestamp: baseTimestamp + timestampDelta, keyIsNull: keyLength < 0 })
    cursor.at = recordEnd
  }
  return cursor.at === end
}

/** Zigzag varint of at most 10 bytes; NaN when it runs over `end`. Arithmetic, because deltas exceed 32 bits. */
function readVarint(b: Buffer, cursor: { at: number }, end: number): number {
  let value = 0
  let scale = 1
  for (let length = 0; length < 10 && cursor.at < end; length++) {
    const byte = b[cursor.at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    scale *= 0x80
  }
  return Number.NaN
}
