import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    /** The payment provider speaks at `<SIMULATORS_URL>/payment`. */
    SIMULATORS_URL: z.url(),
    /** PEM: the key that payment tokens are sealed for, and behind it older ones that something may still be sealed for. */
    PAYMENT_PRIVATE_KEYS_FILE: z.string(),
    /** Calls to the provider at the same time, each on a connection of its own. */
    PROVIDER_CONNECTIONS: z.coerce.number().int().min(1).max(1_000).default(64),
  })

export type Config = ReturnType<typeof config>
