import type { FastifyInstance } from 'fastify'
import { isSampled } from '#libs/contracts'
import { continueTrace, recordSpan, spanTime } from '#libs/observability'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the span of this request; undefined where a look begins no trace. */
    traceparent?: string
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Where spans themselves arrive. */
const COLLECTOR = '/v1/traces'

/** Makes every write, and every request of a caller who has a trace, a span of its own. */
export const traceRequests = (fastify: FastifyInstance): void => {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const given = request.headers.traceparent
    const begins = !READS.has(request.method) && request.url !== COLLECTOR
    if (given !== undefined || begins) request.traceparent = continueTrace(String(given ?? ''))
    done()
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    const { traceparent } = request
    if (isSampled(traceparent)) {
      const endedAt = spanTime()
      const route = request.routeOptions.url ?? 'none'
      const given = String(request.headers.traceparent ?? '')
      recordSpan({
        ...{ traceparent, parent: isSampled(given) ? given : undefined, name: `${request.method} ${route}` },
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
