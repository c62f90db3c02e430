import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int8, int16, int32, nullable, string } from '../types.ts'

const LITERAL = 3

/** Adds access rules. v1 pattern types. */
export const createAcls = defineApi({
  key: 30,
  name: 'CreateAcls',
  versions: { min: 1, max: 3 },
  flexible: 2,
  request: {
    creations: array({
      resourceType: int8,
      resourceName: string,
      resourcePatternType: since(1, int8, LITERAL),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    results: array({
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
    }),
  },
})
