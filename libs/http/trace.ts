import './request-traces.ts'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { continueTrace } from '#libs/observability'

/** Controller parameter: the `traceparent` of this request's span, within the caller's trace when it sent one. */
export const Trace = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { traceparent, headers } = context.switchToHttp().getRequest<FastifyRequest>()
  return traceparent ?? continueTrace(String(headers.traceparent ?? ''))
})
