import type { FastifyInstance } from 'fastify'
import { Client } from 'undici'
import { EventStreams, Problem } from '#libs/http'
import type { Credentials } from '#libs/service-tokens'

const MOST_STREAMS = 256
const ANSWER_MS = 2_000

/** A Fastify plugin: `GET /api/analytics/live`, passed on as it comes from the analytics service. */
export const serveAnalyticsLive =
  (address: string, credentials: Credentials = () => ({})) =>
  async (fastify: FastifyInstance): Promise<void> => {
    const streams = new EventStreams(fastify, MOST_STREAMS)
    fastify.get(
      '/api/analytics/live',
      { config: { isStream: true } as object },
      streams.serve(async (_request, stream) => {
        // Each stream keeps its connection, so it has one of its own.
        const client = new Client(new URL(address).origin, { headersTimeout: ANSWER_MS, bodyTimeout: 0 })
        stream.onEnd(() => void client.destroy())
        const target = { method: 'GET', path: '/analytics/live' } as const
        try {
          const { statusCode, body } = await client.request({ ...target, headers: credentials(target) })
          if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
          stream.begin()
          body.on('error', () => stream.response.destroy()).pipe(stream.response)
        } catch (error) {
          void client.destroy()
          const detail = `the analytics service cannot be reached right now: ${(error as Error).message}`
          throw new Problem(503, { type: 'unavailable', detail })
        }
      }),
    )
  }
