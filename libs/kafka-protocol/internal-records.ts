import { MalformedError, type Reader } from './reader.ts'
import { array, type Decoded, type Encodable, type Fields, struct } from './struct.ts'
import { bytes, int8, int16, int32, int64, nullable, string } from './types.ts'
import { Writer } from './writer.ts'

/**
 * Keys and values in `__consumer_offsets` and `__transaction_state`, in the versions that every tool reads: an int16 that
 * tells keys of one topic apart, or is the version of a value, then the fields.
 */
export interface InternalRecord<F extends Fields> {
  readonly version: number
  readonly fields: F
}

/** Where a group is in one partition. */
export const offsetCommitKey = { version: 1, fields: { group: string, topic: string, partition: int32 } }
export const offsetCommitValue = {
  version: 3,
  fields: { offset: int64, leaderEpoch: int32, metadata: string, commitTimestamp: int64 },
}

/** A generation of a classic group. */
export const groupMetadataKey = { version: 2, fields: { group: string } }
export const groupMetadataValue = {
  version: 3,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: nullable(string),
    leader: nullable(string),
    currentStateTimestamp: int64,
    members: array({
      memberId: string,
      groupInstanceId: nullable(string),
      clientId: string,
      clientHost: string,
      rebalanceTimeout: int32,
      sessionTimeout: int32,
      subscription: bytes,
      assignment: bytes,
    }),
  },
}

/** What is known of a transactional id. */
export const transactionLogKey = { version: 0, fields: { transactionalId: string } }
export const transactionLogValue = {
  version: 0,
  fields: {
    producerId: int64,
    producerEpoch: int16,
    transactionTimeoutMs: int32,
    /** 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort. */
    transactionStatus: int8,
    transactionPartitions: nullable(
      array({
        topic: string,
        partitionIds: array(int32),
      }),
    ),
    transactionLastUpdateTimestampMs: int64,
    transactionStartTimestampMs: int64,
  },
}

export function encodeInternal<F extends Fields>(
  { version, fields }: InternalRecord<F>,
  message: Encodable<F>,
): Buffer {
  const writer = new Writer()
  writer.int16(version)
  struct(fields).at(version, false).write(writer, message)
  return Buffer.concat(writer.buffers())
}

/** Throws MalformedError when it is of another version. */
export function readInternal<F extends Fields>({ version, fields }: InternalRecord<F>, reader: Reader): Decoded<F> {
  const found = reader.int16()
  if (found !== version) throw new MalformedError(`a record of version ${found} where ${version} was expected`)
  return struct(fields).at(version, false).read(reader)
}
