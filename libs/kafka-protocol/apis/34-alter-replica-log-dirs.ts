import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, string } from '../types.ts'

/** Moves replicas between the directories of one broker. */
export const alterReplicaLogDirs = defineApi({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: { min: 1, max: 2 },
  flexible: 2,
  request: {
    dirs: array({
      path: string,
      topics: array({
        name: string,
        partitions: array(int32),
      }),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    results: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
