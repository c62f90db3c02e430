import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { isTraceparent } from '#libs/contracts'
import { continueTrace } from '#libs/observability'

/** Controller parameter: the `traceparent` of this request's span (`traceRequests`); of a look, a trace of its own. */
export const Trace = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<FastifyRequest>().headers.traceparent?.toString() ?? continueTrace(),
)

/** Controller parameter: the `traceparent` as the caller sent it, where it is one. */
export const CallersTrace = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  const { callersTrace } = context.switchToHttp().getRequest<FastifyRequest>()
  return isTraceparent(callersTrace) ? callersTrace : undefined
})
