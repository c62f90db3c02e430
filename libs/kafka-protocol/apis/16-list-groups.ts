import { defineApi } from '../api.ts'
import { array, since } from '../struct.ts'
import { int16, int32, string } from '../types.ts'

/** The groups of this broker. v4 filter by state, v5 by type. */
export const listGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: { min: 0, max: 5 },
  flexible: 3,
  request: {
    statesFilter: since(4, array(string)),
    typesFilter: since(5, array(string)),
  },
  response: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    groups: array({
      groupId: string,
      protocolType: string,
      groupState: since(4, string),
      groupType: since(5, string),
    }),
  },
})
