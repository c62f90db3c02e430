import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int8, int16, int32, nullable, string } from '../types.ts'

const LITERAL = 3

/** Removes the access rules that match filters. v1 pattern types. */
export const deleteAcls = defineApi({
  key: 31,
  name: 'DeleteAcls',
  versions: { min: 1, max: 3 },
  flexible: 2,
  request: {
    filters: array({
      resourceTypeFilter: int8,
      resourceNameFilter: nullable(string),
      patternTypeFilter: since(1, int8, LITERAL),
      principalFilter: nullable(string),
      hostFilter: nullable(string),
      operation: int8,
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    filterResults: array({
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
      matchingAcls: array({
        errorCode: or(0, int16),
        errorMessage: or(null, nullable(string)),
        resourceType: int8,
        resourceName: string,
        patternType: since(1, int8, LITERAL),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
})
