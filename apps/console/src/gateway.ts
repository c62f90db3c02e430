import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem, toProblem } from '#libs/http'
import type { ForwardedAnswer, ForwardedRequest, Forwarder } from './forwarder.ts'
import { pathAtService, routes } from './routes.ts'

const BODY_LIMIT = 64 * 1024
const PASSED_ON = ['content-type', 'accept', 'idempotency-key', 'traceparent'] as const

/** A Fastify plugin that serves every route of the table by asking the service that owns it. */
export const gateway =
  (forwarder: Forwarder) =>
  async (fastify: FastifyInstance): Promise<void> => {
    // Bodies pass through as they came: whoever owns the route says what is wrong with them.
    fastify.removeAllContentTypeParsers()
    fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
      done(null, body),
    )
    fastify.setErrorHandler((error, _request, reply) => sendProblem(reply, toProblem(error)))

    for (const { method, at, from } of routes)
      fastify.route({
        method,
        url: `/api${at}`,
        handler: async (request, reply) => {
          let answer: ForwardedAnswer | undefined
          for (const service of from) {
            answer = await forwarder.forward(service, outgoing(request))
            if (answer.status !== 404) break
          }
          return send(reply, answer!)
        },
      })
  }

const outgoing = (request: FastifyRequest): ForwardedRequest => {
  const headers: Record<string, string> = {}
  for (const name of PASSED_ON) if (request.headers[name] !== undefined) headers[name] = String(request.headers[name])
  const { method, url, body } = request
  return { method, path: pathAtService(url), headers, ...(Buffer.isBuffer(body) && body.length > 0 && { body }) }
}

const send = (reply: FastifyReply, { status, headers, body }: ForwardedAnswer): FastifyReply =>
  reply.status(status).headers(headers).send(body)
