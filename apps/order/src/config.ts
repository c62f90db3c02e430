import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    /** PEM: what payment tokens are sealed with, so that only the payment service can read them. */
    PAYMENT_PUBLIC_KEY_FILE: z.string(),
    /** A JSON array of `{ sku, name, price }`. */
    PRODUCTS_FILE: z.string().default('data/products.json'),
  })

export type Config = ReturnType<typeof config>
