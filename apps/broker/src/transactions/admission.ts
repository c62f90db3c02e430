import { batchProducerEpoch, batchProducerId, ErrorCode, errorName } from '#libs/kafka-protocol'
import type { Addition } from './add-partitions.ts'
import type { TransactionCoordinator } from './coordinator.ts'

/** What became of the wish to write something as part of a transaction. */
export type Admitted =
  | {
      readonly ok: true
      /** The client may hear of a success when this has resolved; rejects with StorageError. */
      readonly durable: Promise<void> | undefined
    }
  | { readonly ok: false; readonly errorCode: ErrorCode; readonly message: string }

/** Versions of an API that writes: the first that knows TRANSACTION_ABORTABLE, the first that adds by itself. */
export interface AdmissionVersions {
  readonly abortable: number
  readonly adds: number
}

export const produceVersions: AdmissionVersions = { abortable: 11, adds: 12 }
export const txnOffsetCommitVersions: AdmissionVersions = { abortable: 4, adds: 5 }

/** Adds to the transaction where the client leaves that to the broker (KIP-890), otherwise verifies that it has done so. */
export function admit(
  transactions: TransactionCoordinator,
  transactionalId: string,
  wanted: Addition,
  apiVersion: number,
  versions: AdmissionVersions,
): Admitted {
  if (apiVersion >= versions.adds) {
    const { errorCode, durable } = transactions.add(transactionalId, wanted)
    return errorCode === ErrorCode.NONE ? { ok: true, durable } : refused(errorCode)
  }
  const errorCode = transactions.verify(transactionalId, wanted)
  if (errorCode === ErrorCode.NONE) return { ok: true, durable: undefined }
  const isUnknown = errorCode === ErrorCode.TRANSACTION_ABORTABLE && apiVersion < versions.abortable
  return refused(isUnknown ? ErrorCode.INVALID_TXN_STATE : errorCode)
}

/** A transactional batch for a partition in which its producer has nothing open. */
export function admitBatch(
  transactions: TransactionCoordinator,
  transactionalId: string,
  batch: Buffer,
  topic: string,
  partition: number,
  apiVersion: number,
): Admitted {
  const producer = { producerId: batchProducerId(batch), epoch: batchProducerEpoch(batch) }
  const wanted = { ...producer, partitions: [[topic, [partition]]], groups: [] } as const
  const admitted = admit(transactions, transactionalId, wanted, apiVersion, produceVersions)
  // Older clients do not expect this one of Produce; the other makes them try again.
  const isUnexpected = !admitted.ok && admitted.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS
  return isUnexpected && apiVersion < produceVersions.adds ? refused(ErrorCode.NOT_ENOUGH_REPLICAS) : admitted
}

/** Writers are told of a newer instance by their epoch, from which they can recover. */
function refused(errorCode: ErrorCode): Admitted {
  const told = errorCode === ErrorCode.PRODUCER_FENCED ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode
  return { ok: false, errorCode: told, message: `the transaction does not take it: ${errorName(errorCode)}` }
}
