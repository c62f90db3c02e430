import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { bool, int8, int16, int32, nullable, string } from '../types.ts'

/** Replaces all settings of a resource. */
export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: { min: 0, max: 2 },
  flexible: 2,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: nullable(string),
      }),
    }),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: or(0, int32),
    responses: array({
      errorCode: int16,
      errorMessage: nullable(string),
      resourceType: int8,
      resourceName: string,
    }),
  },
})
