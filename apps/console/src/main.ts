import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { limitRequests, startService } from '#libs/http'
import { config } from './config.ts'
import { consoleModule } from './console.module.ts'
import { docs } from './docs.ts'
import { Forwarder } from './forwarder.ts'
import { gateway } from './gateway.ts'

/** Requests worked on at once. With bodies and answers of tens of KB each, this is what a small process can hold. */
const MOST_IN_FLIGHT = 1_024
/** From a whole request to the last byte of its answer: a write that waits for a restart, and a slow reader. */
const LONGEST_MS = 30_000

const environment = config()
await startService(consoleModule(environment), {
  name: 'console',
  config: environment,
  connect: (app) => {
    const fastify = app as NestFastifyApplication
    limitRequests(fastify.getHttpAdapter().getInstance() as never, MOST_IN_FLIGHT, LONGEST_MS)
    void fastify.register(gateway(app.get(Forwarder)))
    void fastify.register(docs)
  },
})
