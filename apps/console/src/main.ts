import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { startService } from '#libs/http'
import { config } from './config.ts'
import { consoleModule } from './console.module.ts'
import { docs } from './docs.ts'
import { Forwarder } from './forwarder.ts'
import { gateway } from './gateway.ts'

const environment = config()
await startService(consoleModule(environment), {
  name: 'console',
  config: environment,
  connect: (app) => {
    const fastify = app as NestFastifyApplication
    void fastify.register(gateway(app.get(Forwarder)))
    void fastify.register(docs)
  },
})
