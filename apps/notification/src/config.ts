import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'
import { subscriptionSettings } from './subscriptions/settings.ts'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    ...subscriptionSettings,
    SMTP_HOST: z.string().default('127.0.0.1'),
    SMTP_PORT: z.coerce.number().int().min(1).max(65_535),
    /** A JSON array of `{ customerId, name, email }`. */
    CUSTOMERS_FILE: z.string().default('data/customers.json'),
  })

export type Config = ReturnType<typeof config>
