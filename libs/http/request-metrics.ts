import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { histogram, metrics } from '#libs/observability'

const METHODS = new Set(metrics.http.requestDuration.labels.method.among)

/** Measures every request by its route's pattern, so that ids in paths do not become labels. */
export const observeRequests = (app: NestFastifyApplication): void => {
  const duration = histogram(metrics.http.requestDuration)
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request, reply, done) => {
      const { method: given, routeOptions, headers } = request
      const method = METHODS.has(given) ? given : 'other'
      const observed = { method, route: routeOptions.url ?? 'none', status: reply.statusCode }
      duration.observe(observed, reply.elapsedTime / 1_000, headers.traceparent?.toString())
      done()
    })
}
