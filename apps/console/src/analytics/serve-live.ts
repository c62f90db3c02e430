import type { FastifyInstance } from 'fastify'
import { Client } from 'undici'
import { Problem, sendProblem } from '#libs/http'
import type { Credentials } from '#libs/service-tokens'

const MOST_STREAMS = 256
const ANSWER_MS = 2_000

/** A Fastify plugin: `GET /api/analytics/live`, passed on as it comes from the analytics service. */
export const serveAnalyticsLive =
  (address: string, credentials: Credentials = () => ({})) =>
  async (fastify: FastifyInstance): Promise<void> => {
    const open = new Set<() => void>()
    fastify.addHook('preClose', async () => {
      for (const close of open) close()
    })
    fastify.get('/api/analytics/live', { config: { isStream: true } as object }, async (_request, reply) => {
      if (open.size >= MOST_STREAMS)
        return sendProblem(
          reply,
          new Problem(503, { type: 'overloaded', detail: `${MOST_STREAMS} pages look already` }),
        )
      // Each stream keeps its connection, so it has one of its own.
      const client = new Client(new URL(address).origin, { headersTimeout: ANSWER_MS, bodyTimeout: 0 })
      const close = () => void client.destroy()
      open.add(close)
      const { raw } = reply
      raw.once('close', () => {
        open.delete(close)
        close()
      })
      try {
        const target = { method: 'GET', path: '/analytics/live' } as const
        const { statusCode, body } = await client.request({ ...target, headers: credentials(target) })
        if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
        reply.hijack()
        raw.writeHead(200, {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        })
        body.on('error', () => raw.destroy()).pipe(raw)
      } catch (error) {
        close()
        const detail = `the analytics service cannot be reached right now: ${(error as Error).message}`
        return sendProblem(reply, new Problem(503, { type: 'unavailable', detail }))
      }
    })
  }
