import { defineApi } from '../api.ts'
import { array, or, since, until } from '../struct.ts'
import { int16, int32, nullable, string, uuid } from '../types.ts'

/** Deletes topics. v5 error message, v6 by id. */
export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: { min: 1, max: 6 },
  flexible: 4,
  request: {
    topics: since(
      6,
      array({
        name: or(null, nullable(string)),
        topicId: uuid,
      }),
    ),
    topicNames: until(5, array(string)),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: or(0, int32),
    responses: array({
      name: nullable(string, 6),
      topicId: since(6, uuid),
      errorCode: int16,
      errorMessage: since(5, nullable(string), null),
    }),
  },
})
