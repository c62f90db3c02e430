import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { bytes, int8, int16, int32, nullable, string } from '../types.ts'

/** Sets or removes what users log in with by SCRAM. */
export const alterUserScramCredentials = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    deletions: array({
      name: string,
      mechanism: int8,
    }),
    upsertions: array({
      name: string,
      mechanism: int8,
      iterations: int32,
      salt: bytes,
      saltedPassword: bytes,
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
    }),
  },
})
