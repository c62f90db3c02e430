import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { continueTrace } from '#libs/observability'

/** Controller parameter: the `traceparent` of this request's span, within the caller's trace when it sent one. */
export const Trace = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | string[] | undefined> }>()
  return continueTrace(String(headers.traceparent ?? ''))
})
