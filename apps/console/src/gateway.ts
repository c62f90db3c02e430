import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, SharedAnswers, sendProblem, toProblem } from '#libs/http'
import { type ForwardedAnswer, type ForwardedRequest, type Forwarder, type Patience, READ, WRITE } from './forwarder.ts'
import { pathAtService, type Route, routes } from './routes.ts'
import { sendSharedBody } from './send-shared.ts'
import type { ServiceName } from './services.ts'

const BODY_LIMIT = 64 * 1024
const PASSED_ON = ['content-type', 'accept', 'idempotency-key', 'traceparent', 'x-actor'] as const
/** While there is another one to ask. */
const SOMEBODY_ELSE_KNOWS: Patience = { answerMs: 1_000, restartMs: 0 }

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

    const underWay = new SharedAnswers<ForwardedAnswer>(0)
    const lately = new SharedAnswers<ForwardedAnswer>()
    for (const route of routes)
      fastify.route({
        method: route.method,
        url: `/api${route.at}`,
        handler: async (request, reply) => {
          const ask = () => answerOf(forwarder, route, outgoing(request))
          if (route.shared === undefined) return send(reply, await ask())
          if (route.shared === true) return send(reply, await underWay.get(request.url, ask))
          const answer = await lately.get(request.url, ask)
          return answer.status === 200 ? sendSharedBody(request, reply, answer) : send(reply, answer)
        },
      })
  }

/**
 * The first one's that knows; the last one is the authority, and its word or its silence is the answer. Whose part it
 * lacks, because that one was silent or does not know yet, it says in `missing`.
 */
const answerOf = async (
  forwarder: Forwarder,
  { from, method, past }: Route,
  request: ForwardedRequest,
): Promise<ForwardedAnswer> => {
  const silent: ServiceName[] = []
  const others = past !== undefined && asksFor(request, past) ? [] : from.slice(0, -1)
  for (const service of others) {
    const answer = await forwarder.forward(service, request, SOMEBODY_ELSE_KNOWS).catch(() => undefined)
    if (answer !== undefined && answer.status < 500 && answer.status !== 404) return answer
    if (answer?.status !== 404) silent.push(service)
  }
  try {
    const answer = await forwarder.forward(from.at(-1)!, request, method === 'GET' ? READ : WRITE)
    return answer.status === 200 && others.length > 0 ? lacking(others, answer) : answer
  } catch (error) {
    if (!(error instanceof Problem) || silent.length === 0) throw error
    const { status, detail = '' } = error.details
    throw new Problem(status, {
      type: 'unavailable',
      detail: `${detail}, and neither did ${silent.join(', ')}`,
      extensions: { missing: [...silent, from.at(-1)!] },
    })
  }
}

const lacking = (missing: readonly ServiceName[], answer: ForwardedAnswer): ForwardedAnswer => {
  const known = JSON.parse(answer.body.toString('utf8')) as object
  return { ...answer, body: Buffer.from(JSON.stringify({ ...known, missing })) }
}

const asksFor = ({ path }: ForwardedRequest, parameter: string): boolean =>
  new URL(path, 'http://gateway').searchParams.has(parameter)

const outgoing = (request: FastifyRequest): ForwardedRequest => {
  const headers: Record<string, string> = {}
  for (const name of PASSED_ON) if (request.headers[name] !== undefined) headers[name] = String(request.headers[name])
  const { url, body } = request
  // The length of the body that HEAD must not have is known when there is one.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  return { method, path: pathAtService(url), headers, ...(Buffer.isBuffer(body) && body.length > 0 && { body }) }
}

const send = (reply: FastifyReply, { status, headers, body }: ForwardedAnswer): FastifyReply =>
  reply.status(status).headers(headers).send(body)
