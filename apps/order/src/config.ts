import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    /** A JSON array of `{ sku, name, price }`. */
    PRODUCTS_FILE: z.string().default('data/products.json'),
  })

export type Config = ReturnType<typeof config>
