import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { bool, int8, int16, int32, nullable, string } from '../types.ts'

/** Changes single settings of a resource: 0 set, 1 delete, 2 append, 3 subtract. */
export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: { min: 0, max: 1 },
  flexible: 1,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        configOperation: int8,
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
