import { type RunningService, startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import type { Service } from './define-service.ts'

/** Starts a service and its consumer; SIGTERM and SIGINT stop it gracefully. */
export const runService = ({ name, config, module, callbacks }: Service): Promise<RunningService> =>
  startService(module, { name, config, door: { callbacks }, connect: connectConsumers })
