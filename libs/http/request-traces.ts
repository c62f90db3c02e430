import type { FastifyInstance } from 'fastify'
import { isSampled } from '#libs/contracts'
import { continueTrace, recordSpan, spanTime } from '#libs/observability'

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller's `traceparent`, where it had one. The header is that of this request's own span from then on. */
    callersTrace?: string
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Where spans themselves arrive. */
const COLLECTOR = '/v1/traces'

/**
 * Makes every write, and every request of a caller who has a trace, a span of its own: the `traceparent` in its headers,
 * for whoever handles it or passes it on. A look begins no trace.
 */
export const traceRequests = (fastify: FastifyInstance): void => {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const given = request.headers.traceparent?.toString()
    const begins = !READS.has(request.method) && request.url !== COLLECTOR
    if (given !== undefined) request.callersTrace = given
    if (given !== undefined || begins) request.headers.traceparent = continueTrace(given)
    done()
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    const traceparent = request.headers.traceparent?.toString()
    if (isSampled(traceparent)) {
      const endedAt = spanTime()
      const route = request.routeOptions.url ?? 'none'
      recordSpan({
        ...{
          traceparent,
          parent: isSampled(request.callersTrace) ? request.callersTrace : undefined,
          name: `${request.method} ${route}`,
        },
        ...{ kind: 'server', startedAt: endedAt - reply.elapsedTime, endedAt },
        attributes: {
          'http.request.method': request.method,
          'http.route': route,
          'http.response.status_code': reply.statusCode,
        },
        error: reply.statusCode >= 500 ? `answered ${reply.statusCode}` : undefined,
      })
    }
    done()
  })
}
