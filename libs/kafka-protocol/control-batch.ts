import { crc32c } from './crc32c.ts'
import { BATCH_OVERHEAD, batchSize } from './record-batch.ts'

/** How a transaction ended in one partition. */
export interface EndMarker {
  readonly producerId: number
  readonly epoch: number
  readonly commit: boolean
  /** Tells a coordinator that has been replaced from its successor. */
  readonly coordinatorEpoch: number
}

/**
 * The batch that ends a transaction: one record.
 *
 *     key    int16 version 0, int16 type (0 abort, 1 commit)
 *     value  int16 version 0, int32 coordinator epoch
 */
const RECORD = Buffer.from([32, 0, 0, 0, 8, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0])
const TYPE_AT = BATCH_OVERHEAD + 7
const COORDINATOR_EPOCH_AT = BATCH_OVERHEAD + 12
const END_OF_RECORD = BATCH_OVERHEAD + RECORD.length
const COMMIT = 1
const TRANSACTIONAL_CONTROL = 0x30

/** Base offset and leader epoch are left to the log. */
export function encodeEndMarker({ producerId, epoch, commit, coordinatorEpoch }: EndMarker, now: number): Buffer {
  const batch = Buffer.alloc(BATCH_OVERHEAD + RECORD.length)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(TRANSACTIONAL_CONTROL, 21)
  batch.writeBigInt64BE(BigInt(now), 27)
  batch.writeBigInt64BE(BigInt(now), 35)
  batch.writeBigInt64BE(BigInt(producerId), 43)
  batch.writeInt16BE(epoch, 51)
  batch.writeInt32BE(-1, 53)
  batch.writeInt32BE(1, 57)
  RECORD.copy(batch, BATCH_OVERHEAD)
  batch.writeInt16BE(commit ? COMMIT : 0, TYPE_AT)
  batch.writeInt32BE(coordinatorEpoch, COORDINATOR_EPOCH_AT)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/**
 * What the control batch at `at` says; it must be one of `encodeEndMarker`. Read from its end, because compaction may
 * have changed the length of the timestamp before it.
 */
export function readEndMarker(b: Buffer, at = 0): Pick<EndMarker, 'commit' | 'coordinatorEpoch'> {
  const end = at + batchSize(b, at)
  const after = END_OF_RECORD - end
  return {
    commit: b.readInt16BE(TYPE_AT - after) === COMMIT,
    coordinatorEpoch: b.readInt32BE(COORDINATOR_EPOCH_AT - after),
  }
}
