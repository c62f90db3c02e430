import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'
import { personalDataSettings } from '#libs/personal-data'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    ...personalDataSettings,
    /** The carrier speaks at `<SIMULATORS_URL>/carrier`. */
    SIMULATORS_URL: z.url(),
    /** Where the carrier reports what became of a parcel: this service's `/carrier-events`, as the carrier reaches it. */
    CARRIER_CALLBACK_URL: z.url(),
    /** What the carrier signs its reports with, a line each. */
    CARRIER_WEBHOOK_SECRET_FILE: z.string().optional(),
    /** Calls to the carrier at the same time, each on a connection of its own. */
    CARRIER_CONNECTIONS: z.coerce.number().int().min(1).max(1_000).default(64),
  })

export type Config = ReturnType<typeof config>
