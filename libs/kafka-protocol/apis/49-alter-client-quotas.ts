import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { bool, float64, int16, int32, nullable, string } from '../types.ts'

/** Sets or removes quotas of users, clients and addresses. */
export const alterClientQuotas = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: { min: 0, max: 1 },
  flexible: 1,
  request: {
    entries: array({
      entity: array({
        entityType: string,
        entityName: nullable(string),
      }),
      ops: array({
        key: string,
        value: float64,
        remove: bool,
      }),
    }),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: or(0, int32),
    entries: array({
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
      entity: array({
        entityType: string,
        entityName: nullable(string),
      }),
    }),
  },
})
