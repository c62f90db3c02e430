import type { FastifyInstance } from 'fastify'
import { Problem, sendProblem, toProblem } from '#libs/http'
import type { Collector } from './collector.ts'
import { parseEvents } from './parse-events.ts'

/** A thousand events of a usual size, twice over. */
const BODY_LIMIT = 512 * 1024
const NDJSON = 'application/x-ndjson'

/**
 * A Fastify plugin: `POST /api/events`, what visitors do, in batches. Answered 202 when the leaders have all events that are
 * some, with those that are none by their place; the same batch may be sent again, for events are known by their ids.
 */
export const serveEvents =
  (collector: Collector) =>
  async (fastify: FastifyInstance): Promise<void> => {
    fastify.removeAllContentTypeParsers()
    fastify.addContentTypeParser(
      ['application/json', NDJSON],
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      (_request, body, done) => done(null, body),
    )
    fastify.setErrorHandler((error, _request, reply) => sendProblem(reply, toProblem(error)))
    fastify.addHook('onClose', () => collector.close())

    fastify.post('/api/events', async (request, reply) => {
      if (!Buffer.isBuffer(request.body))
        throw new Problem(400, { type: 'invalid-request', detail: 'a body is expected' })
      const isNdjson = request.headers['content-type']?.startsWith(NDJSON) === true
      const { events, rejected } = parseEvents(text(request.body), isNdjson, Date.now())
      if (events.length > 0) await collector.collect(events)
      return reply.status(202).send({ accepted: events.length, rejected })
    })
  }

const utf8 = new TextDecoder('utf-8', { fatal: true })
const text = (body: Buffer): string => {
  try {
    return utf8.decode(body)
  } catch {
    throw new Problem(400, { type: 'invalid-request', detail: 'the body is not UTF-8' })
  }
}
