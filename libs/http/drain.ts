import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Problem } from './problem.ts'
import { sendProblem } from './problem-filter.ts'

/** For what is under way when the process is told to stop; whoever stops it waits for longer. */
const DRAIN_MS = 5_000

const CLOSE = { connection: 'close' }

const stopping = (): Problem =>
  new Problem(503, { type: 'stopping', detail: 'this process is stopping; ask again', headers: CLOSE })

const cutShort = (): Problem =>
  new Problem(503, {
    type: 'stopping',
    detail: 'this process is stopping; whether this was carried out is not known: send the same request again',
    headers: CLOSE,
  })

/**
 * A process that is told to stop refuses what comes, answers what is under way, for a while, and only then closes its door:
 * who asks it meanwhile is told to ask again, not hung up on. Each answer from then on is the last one of its connection.
 */
export const drainOnClose = (fastify: FastifyInstance, drainMs = DRAIN_MS): void => {
  const underWay = new Set<FastifyReply>()
  let isStopping = false
  fastify.addHook('onRequest', (_request, reply, done) => {
    if (isStopping) return sendProblem(reply, stopping())
    underWay.add(reply)
    reply.raw.once('close', () => underWay.delete(reply))
    done()
  })
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) reply.headers(CLOSE)
    done()
  })
  fastify.addHook('preClose', async () => {
    isStopping = true
    // Streams, and whatever else was taken out of Fastify's hands, are ended by whoever took it.
    const open = [...underWay].filter(({ sent }) => !sent)
    const limit = new AbortController()
    const closed = Promise.all(open.map(({ raw }) => new Promise((resolve) => raw.once('close', resolve))))
    await Promise.race([closed, delay(drainMs, undefined, { signal: limit.signal }).catch(() => {})])
    limit.abort()
    for (const reply of open) if (!reply.sent) sendProblem(reply, cutShort())
  })
}
