import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApi } from './openapi.ts'
import { giveToken, TOKEN_COOKIE, TOKEN_HEADER } from './web/csrf.ts'

/** A Fastify plugin: the OpenAPI document at `/docs/json`, readable and to be tried out at `/docs`. */
export const docs = async (fastify: FastifyInstance): Promise<void> => {
  await fastify.register(swagger, { mode: 'static', specification: { document: openApi as never } })
  await fastify.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { tryItOutEnabled: true, requestInterceptor: withToken as never },
    uiHooks: {
      onRequest: (request, reply, done) => {
        giveToken(request, reply)
        done()
      },
    },
  })
}

/** Runs in the page, where it arrives as text: what it uses is there and not here. */
const withToken = new Function(
  'request',
  `
    const held = document.cookie.split('; ').find((each) => each.startsWith('${TOKEN_COOKIE}='))
    if (held) request.headers['${TOKEN_HEADER}'] = held.slice(${TOKEN_COOKIE.length + 1})
    return request
  `,
)
