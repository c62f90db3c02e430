import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

const NAME = /^[\w.@:-]{1,64}$/

/**
 * Controller parameter: who asks, as `operator:<name>`: whom the caller's service token names. Where nobody looks at
 * tokens (`SERVICE_AUTH=off`, tests) it is whom the `X-Actor` header names.
 */
export const Actor = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers, identity } = context.switchToHttp().getRequest<FastifyRequest>()
  const name = String((identity === undefined ? headers['x-actor'] : identity.actor) ?? 'unnamed')
  if (!NAME.test(name))
    throw new Problem(400, {
      type: 'actor',
      title: 'X-Actor malformed',
      detail: '1 to 64 characters of A-Z a-z 0-9 _ . @ : -',
    })
  return `operator:${name}`
})
