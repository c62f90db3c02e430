import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { limitRequests } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { PersonalData } from '#libs/personal-data'
import { credentials } from '#libs/service-tokens'
import { serveRunbooks } from './alerts/serve-runbooks.ts'
import { serveAnalyticsLive } from './analytics/serve-live.ts'
import { developmentIssuer } from './auth/development-issuer.ts'
import { serveMe } from './auth/me.ts'
import { Collector } from './collect/collector.ts'
import { serveEvents } from './collect/serve-events.ts'
import type { Config } from './config.ts'
import { docs } from './docs.ts'
import { guardEdge } from './edge.ts'
import { Forwarder } from './forwarder.ts'
import { gateway } from './gateway.ts'
import { revealAnswers } from './personal-data/reveal-answers.ts'
import { serveStream } from './stream/serve-stream.ts'
import { serveConfirmPage } from './web/confirm-page.ts'

/** Requests worked on at once. With bodies and answers of tens of KB each, this is what a small process can hold. */
const MOST_IN_FLIGHT = 1_024
/** From a whole request to the last byte of its answer: a write that waits for a restart, and a slow reader. */
const LONGEST_MS = 30_000

/** Everything that the gateway serves beside its controllers, and what is before all of that. */
export const connectGateway = (app: NestFastifyApplication, config: Config): void => {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance
  const forwarder = app.get(Forwarder)
  limitRequests(fastify, MOST_IN_FLIGHT, LONGEST_MS)
  guardEdge(fastify, config, forwarder)
  void app.register(serveMe)
  if (config.DEVELOPMENT_ISSUER === 'on') void app.register(developmentIssuer(forwarder))
  revealAnswers(fastify, app.get(PersonalData))
  void app.register(gateway(forwarder))
  void app.register(serveEvents(new Collector({ brokers: config.KAFKA_BROKERS, clientId: 'collector' })))
  void app.register(docs)
  void app.register(serveRunbooks(config.RUNBOOKS))
  void app.register(
    serveAnalyticsLive(config.ANALYTICS_URL, credentials(config.SERVICE_KEY_FILE, 'console', 'analytics')),
  )
  void app.register(serveStream(app.get(TopicReader)))
  void app.register(serveConfirmPage)
}
