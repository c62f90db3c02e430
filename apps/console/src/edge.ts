import type { FastifyInstance } from 'fastify'
import { authorize } from './auth/authorize.ts'
import { connectLogin } from './auth/connect-login.ts'
import { identify } from './auth/identify.ts'
import type { Config } from './config.ts'
import type { Forwarder } from './forwarder.ts'
import { clientAddressBehind } from './rate-limits/client-address.ts'
import { limitRates } from './rate-limits/limit-rates.ts'
import { quotasOf } from './rate-limits/policies.ts'
import { recordRefusals } from './refusals/record-refusals.ts'
import { refuseCrossSiteWrites } from './web/csrf.ts'
import { refuseForeignHosts } from './web/known-host.ts'
import { sendSecurityHeaders } from './web/security-headers.ts'

/**
 * What every request passes before anything is done for it, in this order: who asks comes first, so that limits count
 * whoever it is and the audit trail names whom we refuse; limits come before all that refuses, so that being refused is
 * limited, too.
 */
export const guardEdge = (fastify: FastifyInstance, config: Config, forwarder: Forwarder): void => {
  const addressOf = clientAddressBehind(config.TRUSTED_PROXIES)
  const login = config.AUTH === 'oidc' ? connectLogin(fastify, config, forwarder) : undefined
  recordRefusals(fastify, forwarder, addressOf)
  sendSecurityHeaders(fastify)
  if (login !== undefined) identify(fastify, login.verifier, login.sessions)
  limitRates(fastify, quotasOf(config), addressOf)
  if (login === undefined) refuseForeignHosts(fastify)
  refuseCrossSiteWrites(fastify)
  if (login !== undefined) authorize(fastify, login.owners, login.sessions)
}
