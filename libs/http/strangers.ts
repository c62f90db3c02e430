import type { FastifyInstance, FastifyRequest } from 'fastify'
import { counter, createLogger, metrics } from '#libs/observability'
import { Door, type Identity, type RefusalReason } from '#libs/service-tokens'
import { Problem } from './problem.ts'
import { sendProblem } from './problem-filter.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** For whom the caller asks, as the caller's token has it; undefined where nobody looks at tokens. */
    identity?: Identity
  }
}

/** Which addresses are for other services. All of them, if nothing else is said. */
export interface DoorRules {
  /** Of who answers everybody else: these are not for everybody. */
  readonly only?: readonly string[] | undefined
  /** Where partners of ours report, who are no services and sign in their own way. */
  readonly callbacks?: readonly string[] | undefined
}

/** At most one line in this time says that somebody was refused; all of them are counted. Milliseconds. */
const BETWEEN_LINES_MS = 10_000

const WHY: Readonly<Record<RefusalReason, string>> = {
  missing: 'a service token is missing',
  forged: 'the token is none, or no key of ours made it',
  elsewhere: 'the token is for another service',
  expired: 'the token has expired, or is from the future',
  'other-request': 'the token is for another request',
  replayed: 'the token has been used',
  crowded: 'too many callers at once',
}

/**
 * Only other services are answered, which sign each request, and who looks after this process: from the machine itself
 * anybody may ask for its health and its metrics, and a collector with the scrape token for the metrics.
 */
export const refuseStrangers = (fastify: FastifyInstance, door: Door, rules: DoorRules = {}): void => {
  const { only, callbacks = [] } = rules
  const log = createLogger('door')
  const refusals = counter(metrics.http.refusedCallers)
  let saidAt = Number.NEGATIVE_INFINITY
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method, url } = request
    const isOpen = callbacks.includes(url) || (only !== undefined && !only.includes(pathOf(url)))
    if (isOpen || isLookAtUs(request, door)) return done()
    const admission = door.admit(request.headers.authorization, { method, path: url })
    if ('caller' in admission) {
      request.identity = admission.identity
      return done()
    }
    refusals.inc({ reason: admission.refused })
    if (Date.now() - saidAt >= BETWEEN_LINES_MS) {
      saidAt = Date.now()
      log.warn('refused a caller', { reason: admission.refused, method, path: pathOf(url), from: request.ip })
    }
    sendProblem(reply, unauthenticated(WHY[admission.refused]))
  })
}

const isLookAtUs = (request: FastifyRequest, door: Door): boolean => {
  const path = pathOf(request.url)
  if (path !== '/metrics' && path !== '/health/ready' && path !== '/health/live') return false
  return isLoopback(request.ip) || (path === '/metrics' && door.admitsScraper(request.headers.authorization))
}

/** What is asked for is not logged: it may be about somebody. */
const pathOf = (url: string): string => url.split('?', 1)[0]!

const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/.test(address)

const unauthenticated = (detail: string): Problem =>
  new Problem(401, {
    type: 'unauthenticated',
    detail: `only other services are answered here: ${detail}`,
    headers: { 'www-authenticate': 'Bearer' },
  })
