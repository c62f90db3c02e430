import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { bool, float64, int8, int16, int32, nullable, string } from '../types.ts'

/** Lists the quotas of users, clients and addresses. */
export const describeClientQuotas = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: { min: 0, max: 1 },
  flexible: 1,
  request: {
    components: array({
      entityType: string,
      /** 0: exactly `match`; 1: the default; 2: any that is named. */
      matchType: int8,
      match: nullable(string),
    }),
    strict: bool,
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    entries: nullable(
      array({
        entity: array({
          entityType: string,
          entityName: nullable(string),
        }),
        values: array({
          key: string,
          value: float64,
        }),
      }),
    ),
  },
})
