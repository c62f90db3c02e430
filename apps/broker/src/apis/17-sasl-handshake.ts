import { saslHandshake } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** SaslHandshake: 0-1 */
export const handleSaslHandshake = defineHandler({
  api: saslHandshake,
  advertised: { min: 0, max: 1 },
  handle: ({ mechanism }, { authenticator, apiVersion }) => authenticator.handshake(mechanism, apiVersion),
})
