import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { continueTrace } from '#libs/observability'

/** Controller parameter: the `traceparent` of this request's span (`traceRequests`); of a look, a trace of its own. */
export const Trace = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<FastifyRequest>().headers.traceparent?.toString() ?? continueTrace(),
)
