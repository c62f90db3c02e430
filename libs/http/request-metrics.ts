import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { histogram, metrics } from '#libs/observability'

/** Measures every request by its route's pattern, so that ids in paths do not become labels. */
export const observeRequests = (app: NestFastifyApplication): void => {
  const duration = histogram({
    name: metrics.http.requestDuration,
    help: 'Time from a request to the end of its answer',
    labels: ['method', 'route', 'status'],
  })
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none'
      const status = String(reply.statusCode)
      duration.observe({ method: request.method, route, status }, reply.elapsedTime / 1_000)
      done()
    })
}
