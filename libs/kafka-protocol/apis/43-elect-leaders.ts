import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int8, int16, int32, nullable, string } from '../types.ts'

/** Elects the preferred (0) or, from v1 on, any live replica (1) as leader. v1 top-level error. */
export const electLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: { min: 0, max: 2 },
  flexible: 2,
  request: {
    electionType: since(1, int8, 0),
    topicPartitions: nullable(
      array({
        topic: string,
        partitions: array(int32),
      }),
    ),
    timeoutMs: or(60_000, int32),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: since(1, int16, 0),
    replicaElectionResults: array({
      topic: string,
      partitionResult: array({
        partitionId: int32,
        errorCode: int16,
        errorMessage: nullable(string),
      }),
    }),
  },
})
