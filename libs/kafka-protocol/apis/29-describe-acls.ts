import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int8, int16, int32, nullable, string } from '../types.ts'

const LITERAL = 3

/** Lists the access rules that match a filter. v1 pattern types. */
export const describeAcls = defineApi({
  key: 29,
  name: 'DescribeAcls',
  versions: { min: 1, max: 3 },
  flexible: 2,
  request: {
    resourceTypeFilter: int8,
    resourceNameFilter: nullable(string),
    patternTypeFilter: since(1, int8, LITERAL),
    principalFilter: nullable(string),
    hostFilter: nullable(string),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    resources: array({
      resourceType: int8,
      resourceName: string,
      patternType: since(1, int8, LITERAL),
      acls: array({
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
})
