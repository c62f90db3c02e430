import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApi } from './openapi.ts'

/** A Fastify plugin: the OpenAPI document at `/docs/json`, readable and to be tried out at `/docs`. */
export const docs = async (fastify: FastifyInstance): Promise<void> => {
  await fastify.register(swagger, { mode: 'static', specification: { document: openApi as never } })
  await fastify.register(swaggerUi, { routePrefix: '/docs', uiConfig: { tryItOutEnabled: true } })
}
