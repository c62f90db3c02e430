import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    /** How long a projection's version that was replaced is kept, and fed, to go back to. */
    PROJECTION_KEPT_HOURS: z.coerce.number().nonnegative().default(1),
  })

export type Config = ReturnType<typeof config>
