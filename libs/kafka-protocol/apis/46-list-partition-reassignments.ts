import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, nullable, string } from '../types.ts'

/** Moves of partitions that are under way. */
export const listPartitionReassignments = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    timeoutMs: or(60_000, int32),
    topics: or(
      null,
      nullable(
        array({
          name: string,
          partitionIndexes: array(int32),
        }),
      ),
    ),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32),
        addingReplicas: array(int32),
        removingReplicas: array(int32),
      }),
    }),
  },
})
