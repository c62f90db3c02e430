import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Problem, toProblem } from '#libs/http'
import { accessTo } from './access.ts'
import { cookieIn } from './cookies.ts'
import type { Principal } from './principal.ts'
import { SESSION_COOKIE, type Sessions } from './sessions.ts'
import { type TokenVerifier, tokenMissing } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined where nobody has to say. */
    principal?: Principal
    /** Of a browser, by which it is known. */
    session?: string
    /** Why nobody knows who asks, where somebody has to. */
    unidentified?: Problem
  }
}

/**
 * Finds out who asks below `/api`, by a token or a session, and refuses nobody yet: that is for `authorize`, when it is known
 * whether whoever it is may ask at all. Who is known is the actor of what they do, whatever else they say.
 */
export const identify = (
  fastify: FastifyInstance,
  verifier: Pick<TokenVerifier, 'verify'>,
  sessions: Sessions,
): void => {
  fastify.addHook('onRequest', async (request) => {
    const path = request.routeOptions.url ?? ''
    if (!path.startsWith('/api/') || accessTo(request.method, path) === 'anyone') return
    try {
      const token = bearerIn(request)
      const principal = token === undefined ? inSession(request, sessions) : await verifier.verify(token)
      request.principal = principal
      request.headers['x-actor'] = principal.subject
    } catch (error) {
      request.unidentified = toProblem(error)
    }
  })
}

const inSession = (request: FastifyRequest, sessions: Sessions): Principal => {
  const { authorization, cookie } = request.headers
  const id = authorization === undefined ? cookieIn(cookie, SESSION_COOKIE) : undefined
  const principal = id === undefined ? undefined : sessions.principal(id)
  if (id === undefined || principal === undefined) throw tokenMissing()
  request.session = id
  return principal
}

const bearerIn = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer +([\w.~+/=-]+)$/i.exec(headers.authorization ?? '')?.[1]
