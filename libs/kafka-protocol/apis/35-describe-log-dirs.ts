import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { bool, int16, int32, int64, nullable, string } from '../types.ts'

/** Where partitions lie and how large they are. v3 top-level error, v4 size of the volume, v5 cordoned directories. */
export const describeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: { min: 1, max: 5 },
  flexible: 2,
  request: {
    topics: nullable(
      array({
        topic: string,
        partitions: array(int32),
      }),
    ),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: since(3, int16, 0),
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          partitionSize: int64,
          offsetLag: int64,
          isFutureKey: bool,
        }),
      }),
      totalBytes: since(4, int64, -1),
      usableBytes: since(4, int64, -1),
      isCordoned: since(5, bool, false),
    }),
  },
})
