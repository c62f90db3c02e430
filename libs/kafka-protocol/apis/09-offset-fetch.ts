import { defineApi } from '../api.ts'
import { array, between, or, since, until } from '../struct.ts'
import { bool, int16, int32, int64, nullable, string, uuid } from '../types.ts'

/** A group's committed offsets. v2 null means all, v7 require-stable, v8 several groups at once, v10 topic ids. */
export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: { min: 1, max: 10 },
  flexible: 6,
  request: {
    groupId: until(7, string),
    topics: until(
      7,
      nullable(
        array({
          name: until(7, string),
          partitionIndexes: until(7, array(int32)),
        }),
        2,
      ),
    ),
    groups: since(
      8,
      array({
        groupId: string,
        memberId: since(9, nullable(string), null),
        memberEpoch: since(9, int32, -1),
        topics: nullable(
          array({
            name: until(9, string),
            topicId: since(10, uuid),
            partitionIndexes: array(int32),
          }),
        ),
      }),
    ),
    requireStable: since(7, bool, false),
  },
  response: {
    throttleTimeMs: since(3, int32, 0),
    topics: until(
      7,
      array({
        name: until(7, string),
        partitions: until(
          7,
          array({
            partitionIndex: until(7, int32),
            committedOffset: until(7, int64),
            committedLeaderEpoch: between(5, 7, int32, -1),
            metadata: until(7, nullable(string)),
            errorCode: until(7, int16),
          }),
        ),
      }),
    ),
    errorCode: between(2, 7, int16, 0),
    groups: since(
      8,
      array({
        groupId: string,
        topics: array({
          name: until(9, string),
          topicId: since(10, uuid),
          partitions: array({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: or(-1, int32),
            metadata: nullable(string),
            errorCode: int16,
          }),
        }),
        errorCode: or(0, int16),
      }),
    ),
  },
})
