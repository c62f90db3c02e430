import { defineApi } from '../api.ts'
import { array, between, since, until } from '../struct.ts'
import { int8, int16, int32, nullable, string } from '../types.ts'

/** Who coordinates a group or a transaction. v1 key type, v4 several keys at once, v6 share groups. */
export const findCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: { min: 0, max: 6 },
  flexible: 3,
  request: {
    key: until(3, string),
    keyType: since(1, int8, 0),
    coordinatorKeys: since(4, array(string)),
  },
  response: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: until(3, int16),
    errorMessage: between(1, 3, nullable(string)),
    nodeId: until(3, int32),
    host: until(3, string),
    port: until(3, int32),
    coordinators: since(
      4,
      array({
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: nullable(string),
      }),
    ),
  },
})
