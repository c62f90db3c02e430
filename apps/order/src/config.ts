import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'
import { personalDataSettings } from '#libs/personal-data'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    ...personalDataSettings,
    /** For so long after its delivery an order may be returned. */
    RETURN_WINDOW_DAYS: z.coerce.number().int().min(0).max(3_650).default(30),
    /** PEM: what payment tokens are sealed with, so that only the payment service can read them. */
    PAYMENT_PUBLIC_KEY_FILE: z.string(),
    /** A JSON array of `{ sku, name, price }`. */
    PRODUCTS_FILE: z.string().default('data/products.json'),
    /** For how long a quote is valid. */
    QUOTE_VALID_MINUTES: z.coerce.number().positive().default(15),
    /** For how long others may take to tell what a quote is made of; less than the gateway waits for us. */
    QUOTE_PATIENCE_MS: z.coerce.number().int().min(100).max(9_000).default(4_000),
    /** For how long a quote is kept behind its validity: docs/retention.md. */
    QUOTE_RETENTION_HOURS: z.coerce.number().positive().default(24),
  })

export type Config = ReturnType<typeof config>
