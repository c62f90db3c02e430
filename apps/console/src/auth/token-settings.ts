import type { Config } from '../config.ts'
import type { TokenSettings } from './tokens.ts'

export const tokenSettings = (config: Config): TokenSettings => ({
  // Without one the configuration is refused.
  issuer: config.OIDC_ISSUER!,
  audience: config.OIDC_AUDIENCE,
  jwksUrl: config.OIDC_JWKS_URL,
  rolesClaim: config.OIDC_ROLES_CLAIM,
  customerClaim: config.OIDC_CUSTOMER_CLAIM,
})
