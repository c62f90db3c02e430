import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { bool, int16, int32, nullable, string } from '../types.ts'

/** Moves partitions to other brokers; null replicas cancel a move. v1 may forbid changes of the replication factor. */
export const alterPartitionReassignments = defineApi({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: { min: 0, max: 1 },
  flexible: 0,
  request: {
    timeoutMs: or(60_000, int32),
    allowReplicationFactorChange: since(1, bool, true),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: or(null, nullable(array(int32))),
      }),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    allowReplicationFactorChange: since(1, bool, true),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    responses: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: or(null, nullable(string)),
      }),
    }),
  },
})
