import { BATCH_OVERHEAD, batchBaseTimestamp, batchRecordsCount, batchSize } from './record-batch.ts'
import { readVarint } from './varint.ts'

/** What the broker wants to know of a record; keys and values stay where they are. */
export interface RecordHead {
  readonly offsetDelta: number
  readonly timestamp: number
  readonly keyIsNull: boolean
}

/**
 * The heads of the records of an uncompressed batch, or undefined when they do not add up: lengths that do not meet
 * the end of the batch, fewer or more records than announced, offset deltas that are not 0, 1, 2 …, or a key, value or
 * header that does not fit. Layout of a record: varint length, int8 attributes, varint timestampDelta, varint
 * offsetDelta, then key and value, each with its varint length (-1 for null), varint count of headers, headers.
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
    if (keyLength > 0) cursor.at += keyLength
    if (!skipValueAndHeaders(batch, cursor, recordEnd)) return false
    visit({ offsetDelta, timestamp: baseTimestamp + timestampDelta, keyIsNull: keyLength < 0 })
  }
  return cursor.at === end
}

/** True when what follows the key ends exactly where the record does. */
function skipValueAndHeaders(b: Buffer, cursor: { at: number }, recordEnd: number): boolean {
  const valueLength = readVarint(b, cursor, recordEnd)
  if (!(valueLength >= -1)) return false
  if (valueLength > 0) cursor.at += valueLength
  const headers = readVarint(b, cursor, recordEnd)
  if (!(headers >= 0)) return false
  for (let index = 0; index < headers; index++) {
    const keyLength = readVarint(b, cursor, recordEnd)
    if (!(keyLength >= 0)) return false
    cursor.at += keyLength
    const length = readVarint(b, cursor, recordEnd)
    if (!(length >= -1)) return false
    if (length > 0) cursor.at += length
  }
  return cursor.at === recordEnd
}
