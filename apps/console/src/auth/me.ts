import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { roles } from './principal.ts'

export const me = z.union([
  z.object({ auth: z.literal('off') }),
  z.object({ auth: z.literal('oidc'), subject: z.string(), roles: z.array(z.enum(roles)) }),
])
export type Me = z.infer<typeof me>

/** A Fastify plugin: `GET /api/me`, who asks. Who is not known has been refused by the guard. */
export const serveMe = async (fastify: FastifyInstance): Promise<void> => {
  fastify.get('/api/me', async ({ principal }, reply): Promise<Me> => {
    reply.header('cache-control', 'no-store')
    if (principal === undefined) return { auth: 'off' }
    return { auth: 'oidc', subject: principal.subject, roles: [...principal.roles] }
  })
}
