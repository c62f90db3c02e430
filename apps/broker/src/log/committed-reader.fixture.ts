import {
  BATCH_OVERHEAD,
  batchAttributes,
  batchLastOffset,
  batchProducerId,
  batchSize,
  isControl,
  isTransactional,
  readEndMarker,
} from '#libs/kafka-protocol'
import type { IsolationLevel } from './log-reader.ts'
import type { PartitionLog } from './partition-log.ts'

/** The values of all records that a reader with this isolation level gets; batches of one short record each. */
export async function valuesIn(log: PartitionLog, isolation: IsolationLevel, maxBytes = 1_000_000): Promise<string[]> {
  const values: string[] = []
  for (let offset = log.logStartOffset; ; ) {
    const result = await log.read(offset, maxBytes, isolation)
    if (!result.ok) throw new Error(result.message)
    const records = Buffer.concat(result.records)
    if (records.length === 0) return values
    const aborted = [...(result.abortedTransactions ?? [])]
    // What a client knows of a transaction that began before this answer comes with the answer.
    const skipped = new Set<number>()
    for (let at = 0; at < records.length; at += batchSize(records, at)) {
      offset = batchLastOffset(records, at) + 1
      while (aborted.length > 0 && aborted[0]!.firstOffset < offset) skipped.add(aborted.shift()!.producerId)
      const producerId = batchProducerId(records, at)
      const attributes = batchAttributes(records, at)
      if (isControl(attributes)) {
        if (!readEndMarker(records, at).commit) skipped.delete(producerId)
      } else if (!isTransactional(attributes) || !skipped.has(producerId)) {
        values.push(shortValue(records, at))
      }
    }
  }
}

/** How many transactions have ended in the log. */
export async function markersIn(log: PartitionLog): Promise<number> {
  let markers = 0
  for (let offset = log.logStartOffset; ; ) {
    const result = await log.read(offset, 1_000_000)
    if (!result.ok) throw new Error(result.message)
    const records = Buffer.concat(result.records)
    if (records.length === 0) return markers
    for (let at = 0; at < records.length; at += batchSize(records, at)) {
      offset = batchLastOffset(records, at) + 1
      if (isControl(batchAttributes(records, at))) markers++
    }
  }
}

/** Length, attributes, two deltas and a null key, one byte each, come before the value and its length. */
function shortValue(bytes: Buffer, batchAt: number): string {
  const at = batchAt + BATCH_OVERHEAD + 5
  return bytes.toString('utf8', at + 1, at + 1 + (bytes[at]! >> 1))
}
