import { defineApi } from '../api.ts'
import { array } from '../struct.ts'
import { int16, string } from '../types.ts'

/** Which SASL mechanism follows. v0 bare tokens come next; v1 they come in SaslAuthenticate. */
export const saslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: { min: 0, max: 1 },
  flexible: Infinity,
  request: {
    mechanism: string,
  },
  response: {
    errorCode: int16,
    mechanisms: array(string),
  },
})
