import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

const { DATABASE_URL: _, ...environment } = serviceEnvironment
const address = z.url({ protocol: /^https?$/, error: 'an http:// URL' })

export const config = () =>
  loadConfig({
    ...environment,
    /** The address that people type in: both `127.0.0.1` and `::1`. */
    HOST: z.string().default('localhost'),
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
  })

export type Config = ReturnType<typeof config>
