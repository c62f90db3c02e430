import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'
import { personalDataSettings } from '#libs/personal-data'
import { proxies } from './rate-limits/client-address.ts'
import { rateLimitSettings } from './rate-limits/policies.ts'

const { DATABASE_URL: _, ...environment } = serviceEnvironment
const proxiesIn = (text: string, context: z.RefinementCtx) => {
  try {
    return proxies(text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()])))
  } catch (error) {
    context.addIssue((error as Error).message)
    return z.NEVER
  }
}
const address = z.url({ protocol: /^https?$/, error: 'an http:// URL' })

export const settings = {
  ...environment,
  ...personalDataSettings,
  /** The address that people type in: both `127.0.0.1` and `::1`. */
  HOST: z.string().default('localhost'),
  /** `off`: whoever reaches the port may do everything, which only the machine itself may. */
  AUTH: z.enum(['off', 'oidc']).default('off'),
  /** `on`: AUTH may be off although HOST is open, for something else keeps strangers away from the port. */
  TRUSTED_NETWORK: z.enum(['on', 'off']).default('off'),
  /**
   * As tokens name it, and as browsers reach it. Its keys are found by its discovery document, unless OIDC_JWKS_URL says
   * where they are; those of the development issuer by this process itself, which knows nothing of ports outside.
   */
  OIDC_ISSUER: address.optional(),
  OIDC_AUDIENCE: z.string().default('waybill'),
  OIDC_JWKS_URL: address.optional(),
  /** As whom the web console logs people in; its redirect URI is `<PUBLIC_URL>/auth/callback`. */
  OIDC_CLIENT_ID: z.string().default('waybill-console'),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_SCOPE: z.string().default('openid'),
  /** Found by the discovery document, unless these say where they are. */
  OIDC_AUTHORIZATION_URL: address.optional(),
  OIDC_TOKEN_URL: address.optional(),
  /** Where people see the console, if the `Host` of their requests does not say it. */
  PUBLIC_URL: address.optional(),
  /** Addresses and subnets of proxies whose `X-Forwarded-For` is believed, comma separated: limits count per address. */
  TRUSTED_PROXIES: z.string().default('').transform(proxiesIn),
  ...rateLimitSettings,
  /** Claims by name, or by the way to them: `realm_access.roles`. */
  OIDC_ROLES_CLAIM: z.string().default('roles'),
  OIDC_CUSTOMER_CLAIM: z.string().default('customer_id'),
  /** `on`: OIDC_ISSUER is the issuer among the simulators, which gives anybody a token, and is shown at `/issuer`. */
  DEVELOPMENT_ISSUER: z.enum(['on', 'off']).default('off'),
  ORDER_URL: address,
  PAYMENT_URL: address,
  INVENTORY_URL: address,
  FULFILLMENT_URL: address,
  NOTIFICATION_URL: address,
  QUERY_URL: address,
  ANALYTICS_URL: address,
  SIMULATORS_URL: address,
  /** Rules of alerts, as Prometheus has them, and the folder of the runbooks that they name. */
  ALERT_RULES: z.string().default('deploy/prometheus/rules.yml'),
  RUNBOOKS: z.string().default('docs/runbooks'),
  /** The bundled broker's HTTP, for its metrics. */
  BROKER_METRICS_URL: address.optional(),
  /** Who runs our processes, under `npm start`; nobody who could be told where they are missing. */
  SUPERVISOR_URL: address.optional(),
  SUPERVISOR_TOKEN: z.string().optional(),
}

export const config = () => loadConfig(settings)

export type Config = ReturnType<typeof config>
