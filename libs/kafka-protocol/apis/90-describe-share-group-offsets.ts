import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int16, int32, int64, nullable, string, uuid } from '../types.ts'

/** Where share groups begin in their partitions (KIP-932); null topics mean all that the group knows. v1 lag. */
export const describeShareGroupOffsets = defineApi({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: { min: 0, max: 1 },
  flexible: 0,
  request: {
    groups: array({
      groupId: string,
      topics: nullable(
        array({
          topicName: string,
          partitions: array(int32),
        }),
      ),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    groups: array({
      groupId: string,
      topics: array({
        topicName: string,
        topicId: uuid,
        partitions: array({
          partitionIndex: int32,
          startOffset: int64,
          leaderEpoch: int32,
          lag: since(1, int64, -1),
          errorCode: int16,
          errorMessage: or(null, nullable(string)),
        }),
      }),
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
    }),
  },
})
