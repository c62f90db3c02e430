import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    /** A JSON array of `{ sku, name, stock }`: what is in the warehouse when its database is new. */
    PRODUCTS_FILE: z.string().default('data/products.json'),
  })

export type Config = ReturnType<typeof config>
