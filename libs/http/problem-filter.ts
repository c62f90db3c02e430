import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { createLogger } from '#libs/observability'
import { Problem } from './problem.ts'

const log = createLogger('http')

/** Answers whatever was thrown as problem+json. What nobody foresaw is logged and told to nobody. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const problem = toProblem(error)
    if (problem.status >= 500 && !(error instanceof Problem)) {
      const { method, url } = host.switchToHttp().getRequest<{ method: string; url: string }>()
      log.error('request failed', { method, url, error })
    }
    const reply = host.switchToHttp().getResponse<FastifyReply>()
    if (!reply.sent) sendProblem(reply, problem)
  }
}

export const sendProblem = (reply: FastifyReply, { status, details }: Problem): void => {
  reply.status(status).type('application/problem+json').send(JSON.stringify(details))
}

/** Nest and Fastify know some failures themselves: no such route, body too large, broken JSON, unknown media type. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof HttpException) return new Problem(error.getStatus(), { detail: error.message })
  const { name, statusCode, message } = (error ?? {}) as { name?: unknown; statusCode?: unknown; message?: unknown }
  if (name === 'FastifyError' && typeof statusCode === 'number' && statusCode < 500)
    return new Problem(statusCode, { detail: String(message) })
  if (name === 'DatabaseUnavailable')
    return new Problem(503, { type: 'unavailable', detail: 'the database cannot be reached right now; try again' })
  return new Problem(500)
}
