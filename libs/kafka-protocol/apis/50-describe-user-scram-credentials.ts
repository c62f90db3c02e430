import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int8, int16, int32, nullable, string } from '../types.ts'

/** Which users can log in by SCRAM, and how; null asks for all. */
export const describeUserScramCredentials = defineApi({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    users: nullable(
      array({
        name: string,
      }),
    ),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
      credentialInfos: array({
        mechanism: int8,
        iterations: int32,
      }),
    }),
  },
})
