import { join } from 'node:path'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { startService } from '#libs/http'
import { config } from './config.ts'
import { connectGateway } from './connect-gateway.ts'
import { consoleModule } from './console.module.ts'
import { serveWeb } from './web/serve-web.ts'

/** Where the build puts the web console, as seen from this file when it is built. */
const WEB = join(import.meta.dirname, '../web')

const environment = config()
await startService(consoleModule(environment), {
  name: 'console',
  config: environment,
  // What people may do here is the gateway's to say; spans come from our own processes, and a collector shows its token.
  door: { only: ['/v1/traces', '/internal/log-level', '/metrics'] },
  connect: (app) => {
    connectGateway(app as NestFastifyApplication, environment)
    void (app as NestFastifyApplication).register(serveWeb(WEB))
  },
})
