import { saslAuthenticate } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** SaslAuthenticate: 0-2 */
export const handleSaslAuthenticate = defineHandler({
  api: saslAuthenticate,
  advertised: { min: 0, max: 2 },
  handle: ({ authBytes }, { authenticator }) => authenticator.authenticate(authBytes),
})
