import type { FastifyInstance } from 'fastify'
import { routesFor } from './access.ts'
import type { Me } from './me.openapi.ts'

/** A Fastify plugin: `GET /api/me`, who asks. Who is not known has been refused before. */
export const serveMe = async (fastify: FastifyInstance): Promise<void> => {
  fastify.get('/api/me', async ({ principal }, reply): Promise<Me> => {
    reply.header('cache-control', 'no-store')
    if (principal === undefined) return { auth: 'off' }
    return { auth: 'oidc', subject: principal.subject, roles: [...principal.roles], may: routesFor(principal) }
  })
}
