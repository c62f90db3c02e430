import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import { analyticsService } from './analytics.module.ts'
import { config } from './config.ts'
import { LiveResults } from './live/live-results.ts'
import { serveLive } from './live/serve-live.ts'

const { name, module, config: environment } = analyticsService(config())
await startService(module, {
  name,
  config: environment,
  connect: (app) => {
    connectConsumers(app)
    const fastify = (app as NestFastifyApplication).getHttpAdapter().getInstance() as unknown as FastifyInstance
    void fastify.register(serveLive(new LiveResults({ brokers: environment.KAFKA_BROKERS, clientId: `${name}-live` })))
  },
})
