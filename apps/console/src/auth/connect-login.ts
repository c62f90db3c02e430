import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import type { Forwarder } from '../forwarder.ts'
import { serveLogin } from './login.ts'
import { Owners } from './owners.ts'
import { Provider, type ProviderSettings } from './provider.ts'
import { Sessions } from './sessions.ts'
import { jwksUrl, tokenSettings } from './token-settings.ts'
import { TokenVerifier } from './tokens.ts'

/** How everybody is known: programs by their token, browsers by the session that they get at `/auth/login`. */
export const connectLogin = (fastify: FastifyInstance, config: Config, forwarder: Forwarder) => {
  const verifier = new TokenVerifier(tokenSettings(config))
  const sessions = new Sessions()
  const origin = config.PUBLIC_URL ?? (config.DEVELOPMENT_ISSUER === 'on' ? config.OIDC_ISSUER : undefined)
  void fastify.register(
    serveLogin({
      ...{ provider: new Provider(providerSettings(config)), verifier, sessions },
      origin: origin && new URL(origin).origin,
    }),
  )
  return { verifier, sessions, owners: new Owners(forwarder) }
}

/** The development issuer is this process: where its keys are is where its tokens are, too. */
export const providerSettings = (config: Config): ProviderSettings => {
  const issuer = config.OIDC_ISSUER!
  const here = config.DEVELOPMENT_ISSUER === 'on'
  return {
    ...{ issuer, clientId: config.OIDC_CLIENT_ID, clientSecret: config.OIDC_CLIENT_SECRET, scope: config.OIDC_SCOPE },
    authorizationUrl: config.OIDC_AUTHORIZATION_URL ?? (here ? `${issuer}/authorize` : undefined),
    tokenUrl: config.OIDC_TOKEN_URL ?? (here ? new URL('token', jwksUrl(config)).href : undefined),
  }
}
