import { defineApi } from '../api.ts'
import { or, since } from '../struct.ts'
import { bytes, int16, int64, nullable, string } from '../types.ts'

/** One token of a SASL exchange. v1 how long the session lasts. */
export const saslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: { min: 0, max: 2 },
  flexible: 2,
  request: {
    authBytes: bytes,
  },
  response: {
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    authBytes: bytes,
    sessionLifetimeMs: since(1, int64, 0),
  },
})
