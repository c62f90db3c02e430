import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, NotFoundException } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createLogger } from '#libs/observability'
import { Problem } from './problem.ts'
import type { ServedMethods } from './served-methods.ts'

const log = createLogger('http')

/** Answers whatever was thrown as problem+json. What nobody foresaw is logged and told to nobody. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly served: ServedMethods) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { method, url, headers } = host.switchToHttp().getRequest<FastifyRequest>()
    // Only Nest's router throws it: controllers throw problems.
    const problem = error instanceof NotFoundException ? this.#notServed(method, url) : toProblem(error)
    if (problem.status >= 500 && !(error instanceof Problem) && !isLogged(error))
      log.error('request failed', { method, path: url.split('?', 1)[0], traceparent: headers.traceparent, error })
    const reply = host.switchToHttp().getResponse<FastifyReply>()
    if (!reply.sent) sendProblem(reply, problem)
  }

  #notServed(method: string, url: string): Problem {
    const allowed = this.served.at(url)
    if (allowed.length === 0) return new Problem(404, { detail: 'nothing is served at this address' })
    const allow = allowed.join(', ')
    return new Problem(405, { detail: `${method} is not served here, only ${allow}`, headers: { allow } })
  }
}

/** Of what everybody needs, an outage is told by whoever notices it, in a line. */
const isLogged = (error: unknown): boolean => (error as { isLogged?: boolean } | undefined)?.isLogged === true

export const sendProblem = (reply: FastifyReply, { status, details, headers }: Problem): void => {
  reply.status(status).headers(headers).type('application/problem+json').send(JSON.stringify(details))
}

/** Nest and Fastify know some failures themselves: no such route, body too large, unknown media type. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof HttpException) return refusal(error.getStatus(), error.message)
  const { name, statusCode, message, isFull } = (error ?? {}) as Readonly<Record<string, unknown>>
  if (name === 'FastifyError' && typeof statusCode === 'number' && statusCode < 500)
    return refusal(statusCode, String(message))
  if (name === 'DatabaseUnavailable')
    return new Problem(503, { type: 'unavailable', detail: isFull === true ? DATABASE_IS_FULL : DATABASE_IS_AWAY })
  return new Problem(500)
}

const DATABASE_IS_AWAY = 'the database cannot be reached right now; try again'
const DATABASE_IS_FULL = 'the database has no room to record anything; try again when somebody has made some'

const refusal = (status: number, message: string): Problem =>
  new Problem(status, { detail: IN_OUR_WORDS[status] ?? message })

const IN_OUR_WORDS: Readonly<Record<number, string>> = {
  413: 'the body is larger than 64 KiB',
  414: 'a part of the address is too long',
  415: 'the body must be application/json, and Content-Type must say so',
}
