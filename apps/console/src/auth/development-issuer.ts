import type { FastifyInstance } from 'fastify'
import { Problem, sendProblem, toProblem } from '#libs/http'
import { type Forwarder, WRITE } from '../forwarder.ts'

/** A request for a token is some hundred bytes. */
const BODY_LIMIT = 8 * 1024

/**
 * A Fastify plugin that shows the issuer among the simulators at `/issuer`, so that it has the address that people see.
 * OAuth sends forms; among ourselves we speak JSON.
 */
export const developmentIssuer =
  (forwarder: Pick<Forwarder, 'forward'>) =>
  async (fastify: FastifyInstance): Promise<void> => {
    fastify.removeAllContentTypeParsers()
    const form = 'application/x-www-form-urlencoded'
    fastify.addContentTypeParser(form, { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(body as string))),
    )
    fastify.setErrorHandler((error, _request, reply) => sendProblem(reply, toProblem(error)))
    // Whoever logs in waits, and tries once.
    const get = async (path: string) => forwarder.forward('simulators', { method: 'GET', path, headers: {} }, WRITE)
    for (const path of ['/issuer/.well-known/openid-configuration', '/issuer/jwks'])
      fastify.get(path, async (_request, reply) => {
        const { status, headers, body } = await get(path)
        return reply.status(status).headers(headers).send(body)
      })
    fastify.get('/issuer/authorize', async (request, reply) => {
      const { status, headers, body } = await get(request.url)
      return reply.status(status).headers(headers).header('cache-control', 'no-store').send(body)
    })
    fastify.post('/issuer/token', async (request, reply) => {
      if (request.body === undefined) throw new Problem(400, { detail: 'a form is missing: grant_type=…&client_id=…' })
      const { status, headers, body } = await forwarder.forward(
        'simulators',
        {
          ...{ method: 'POST', path: '/issuer/token', headers: { 'content-type': 'application/json' } },
          body: Buffer.from(JSON.stringify(request.body)),
        },
        WRITE,
      )
      return reply.status(status).headers(headers).header('cache-control', 'no-store').send(body)
    })
  }
