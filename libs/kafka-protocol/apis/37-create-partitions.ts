import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { bool, int16, int32, nullable, string } from '../types.ts'

/** Adds partitions to topics. */
export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: { min: 0, max: 3 },
  flexible: 2,
  request: {
    topics: array({
      name: string,
      count: int32,
      assignments: nullable(
        array({
          brokerIds: array(int32),
        }),
      ),
    }),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: or(0, int32),
    results: array({
      name: string,
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
    }),
  },
})
