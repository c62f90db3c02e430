import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, string } from '../types.ts'

/** Deletes empty groups. */
export const deleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: { min: 0, max: 2 },
  flexible: 2,
  request: {
    groupsNames: array(string),
  },
  response: {
    throttleTimeMs: or(0, int32),
    results: array({
      groupId: string,
      errorCode: int16,
    }),
  },
})
