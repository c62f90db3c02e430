import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { Problem } from './problem.ts'

const NAME = /^[\w.@:-]{1,64}$/

/**
 * Controller parameter: who asks, from the `X-Actor` header, as `operator:<name>`. Nobody checks the name: it is as good
 * as the network that the request comes from.
 */
export const Actor = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | string[] | undefined> }>()
  const name = String(headers['x-actor'] ?? 'unnamed')
  if (!NAME.test(name))
    throw new Problem(400, {
      type: 'actor',
      title: 'X-Actor malformed',
      detail: '1 to 64 characters of A-Z a-z 0-9 _ . @ : -',
    })
  return `operator:${name}`
})
