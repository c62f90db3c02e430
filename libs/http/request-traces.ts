import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isSampled } from '#libs/contracts'
import { continueTrace, expectSpan, recordSpan, type Span, spanTime } from '#libs/observability'

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
    // What it brings about hangs on it, whether or not this process lives to answer.
    const span = spanOf(request)
    if (span !== undefined) expectSpan(span)
    done()
  })
  fastify.addHook('onResponse', (request, { elapsedTime, statusCode }, done) => {
    const span = spanOf(request)
    if (span !== undefined)
      recordSpan({
        ...span,
        startedAt: span.endedAt - elapsedTime,
        attributes: { ...span.attributes, 'http.response.status_code': statusCode },
        error: statusCode >= 500 ? `answered ${statusCode}` : undefined,
      })
    done()
  })
}

/** Of a request that somebody wants to see, as if it were over. */
const spanOf = ({ headers, method, routeOptions, callersTrace }: FastifyRequest): Span | undefined => {
  const traceparent = headers.traceparent?.toString()
  if (!isSampled(traceparent)) return undefined
  const [route, now] = [routeOptions.url ?? 'none', spanTime()]
  return {
    ...{ traceparent, parent: isSampled(callersTrace) ? callersTrace : undefined, name: `${method} ${route}` },
    ...{ kind: 'server', startedAt: now, endedAt: now },
    attributes: { 'http.request.method': method, 'http.route': route },
  }
}
