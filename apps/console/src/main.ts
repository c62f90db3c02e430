import { join } from 'node:path'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { limitRequests, startService } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { PersonalData } from '#libs/personal-data'
import { credentials } from '#libs/service-tokens'
import { serveRunbooks } from './alerts/serve-runbooks.ts'
import { serveAnalyticsLive } from './analytics/serve-live.ts'
import { connectLogin } from './auth/connect-login.ts'
import { developmentIssuer } from './auth/development-issuer.ts'
import { serveMe } from './auth/me.ts'
import { Collector } from './collect/collector.ts'
import { serveEvents } from './collect/serve-events.ts'
import { config } from './config.ts'
import { consoleModule } from './console.module.ts'
import { docs } from './docs.ts'
import { Forwarder } from './forwarder.ts'
import { gateway } from './gateway.ts'
import { revealAnswers } from './personal-data/reveal-answers.ts'
import { serveStream } from './stream/serve-stream.ts'
import { refuseCrossSiteWrites } from './web/csrf.ts'
import { refuseForeignHosts } from './web/known-host.ts'
import { sendSecurityHeaders } from './web/security-headers.ts'
import { serveWeb } from './web/serve-web.ts'

/** Requests worked on at once. With bodies and answers of tens of KB each, this is what a small process can hold. */
const MOST_IN_FLIGHT = 1_024
/** From a whole request to the last byte of its answer: a write that waits for a restart, and a slow reader. */
const LONGEST_MS = 30_000

/** Where the build puts the web console, as seen from this file when it is built. */
const WEB = join(import.meta.dirname, '../web')

const environment = config()
await startService(consoleModule(environment), {
  name: 'console',
  config: environment,
  // What people may do here is the gateway's to say; spans come from our own processes.
  door: { only: ['/v1/traces', '/internal/log-level'] },
  connect: (app) => {
    const fastify = app as NestFastifyApplication
    const instance = fastify.getHttpAdapter().getInstance() as unknown as FastifyInstance
    limitRequests(instance, MOST_IN_FLIGHT, LONGEST_MS)
    refuseCrossSiteWrites(instance)
    sendSecurityHeaders(instance)
    if (environment.AUTH === 'off') refuseForeignHosts(instance)
    if (environment.AUTH === 'oidc') connectLogin(instance, environment, app.get(Forwarder))
    void fastify.register(serveMe)
    if (environment.DEVELOPMENT_ISSUER === 'on') void fastify.register(developmentIssuer(app.get(Forwarder)))
    revealAnswers(instance, app.get(PersonalData))
    void fastify.register(gateway(app.get(Forwarder)))
    void fastify.register(serveEvents(new Collector({ brokers: environment.KAFKA_BROKERS, clientId: 'collector' })))
    void fastify.register(docs)
    void fastify.register(serveRunbooks(environment.RUNBOOKS))
    void fastify.register(
      serveAnalyticsLive(environment.ANALYTICS_URL, credentials(environment.SERVICE_KEY_FILE, 'console', 'analytics')),
    )
    void fastify.register(serveStream(app.get(TopicReader)))
    void fastify.register(serveWeb(WEB))
  },
})
