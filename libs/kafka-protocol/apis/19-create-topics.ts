import { defineApi } from '../api.ts'
import { array, or, since, tagged } from '../struct.ts'
import { bool, int8, int16, int32, nullable, string, uuid } from '../types.ts'

/** Creates topics. v4 -1 for defaults, v5 the resulting configuration in the answer, v7 topic id in the answer. */
export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: { min: 2, max: 7 },
  flexible: 5,
  request: {
    topics: array({
      name: string,
      numPartitions: int32,
      replicationFactor: int16,
      assignments: array({
        partitionIndex: int32,
        brokerIds: array(int32),
      }),
      configs: array({
        name: string,
        value: nullable(string),
      }),
    }),
    timeoutMs: or(60000, int32),
    validateOnly: or(false, bool),
  },
  response: {
    throttleTimeMs: or(0, int32),
    topics: array({
      name: string,
      topicId: since(7, uuid),
      errorCode: int16,
      errorMessage: nullable(string),
      topicConfigErrorCode: tagged(0, 5, int16),
      numPartitions: since(5, int32, -1),
      replicationFactor: since(5, int16, -1),
      configs: since(
        5,
        nullable(
          array({
            name: string,
            value: nullable(string),
            readOnly: bool,
            configSource: or(-1, int8),
            isSensitive: bool,
          }),
        ),
      ),
    }),
  },
})
