import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int8, int16, int32, string } from '../types.ts'

const CLIENT_METRICS = 16

/** Names of what can be configured. v0 client metrics only, v1 of chosen types (none chosen: all). */
export const listConfigResources = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: { min: 0, max: 1 },
  flexible: 0,
  request: {
    resourceTypes: since(1, array(int8)),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    configResources: array({
      resourceName: string,
      resourceType: since(1, int8, CLIENT_METRICS),
    }),
  },
})
