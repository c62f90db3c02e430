import type { Config } from '../config.ts'
import type { TokenSettings } from './tokens.ts'

export const tokenSettings = (config: Config): TokenSettings => ({
  // Without one the configuration is refused.
  issuer: config.OIDC_ISSUER!,
  audience: config.OIDC_AUDIENCE,
  jwksUrl: jwksUrl(config),
  rolesClaim: config.OIDC_ROLES_CLAIM,
  customerClaim: config.OIDC_CUSTOMER_CLAIM,
})

/** Of the development issuer they are had from ourselves: at its public address there may be nobody, as in a container. */
export const jwksUrl = ({ OIDC_JWKS_URL: given, DEVELOPMENT_ISSUER: here, PORT }: Config): string | undefined =>
  given ?? (here === 'on' ? `http://127.0.0.1:${PORT}/issuer/jwks` : undefined)
