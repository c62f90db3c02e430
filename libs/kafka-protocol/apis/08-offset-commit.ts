import { defineApi } from '../api.ts'
import { array, between, or, since, until } from '../struct.ts'
import { int16, int32, int64, nullable, string, uuid } from '../types.ts'

/** Commits a group's offsets. v5 drops retention, v6 leader epoch, v7 static members, v9 member epoch, v10 topic ids. */
export const offsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: { min: 2, max: 10 },
  flexible: 8,
  request: {
    groupId: string,
    generationIdOrMemberEpoch: or(-1, int32),
    memberId: string,
    groupInstanceId: since(7, nullable(string), null),
    retentionTimeMs: between(2, 4, int64, -1),
    topics: array({
      name: until(9, string),
      topicId: since(10, uuid),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: since(6, int32, -1),
        committedMetadata: nullable(string),
      }),
    }),
  },
  response: {
    throttleTimeMs: since(3, int32, 0),
    topics: array({
      name: until(9, string),
      topicId: since(10, uuid),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
