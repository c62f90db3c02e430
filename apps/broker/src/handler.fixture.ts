import type { Broker } from './broker.ts'
import type { RequestContext } from './handler.ts'
import { plaintextListener } from './network/listener.ts'
import { established } from './security/authentication/authenticator.ts'
import { ANONYMOUS } from './security/principal.ts'

/** A request by a client that nobody knows, on a connection that stays. */
export function testContext(broker: Broker, given: Partial<RequestContext> = {}): RequestContext {
  const listener = plaintextListener({ host: '127.0.0.1', port: 0 }, broker.settings)
  const client = {
    clientId: 'c',
    clientHost: '/h',
    principal: ANONYMOUS,
    listener,
    authenticator: established(ANONYMOUS),
  }
  return { broker, apiVersion: 0, ...client, onClose: () => () => {}, ...given }
}
