import type { FastifyInstance } from 'fastify'
import { EventStreams, serverSentEvent } from '#libs/http'
import type { LiveResults } from './live-results.ts'

const MOST_LISTENERS = 256
/** Who reads so slowly is better off beginning anew. */
const MOST_UNSENT_BYTES = 1024 * 1024

/** A Fastify plugin: `GET /analytics/live`, the results of the last minutes and every change, as server-sent events. */
export const serveLive =
  (live: LiveResults) =>
  async (fastify: FastifyInstance): Promise<void> => {
    const streams = new EventStreams(fastify, MOST_LISTENERS)
    fastify.addHook('preClose', async () => live.stop())
    fastify.get(
      '/analytics/live',
      streams.serve(async (_request, stream) => {
        const { response } = stream
        stream.begin()
        const leave = live.listen((frame) => {
          if (response.writableLength > MOST_UNSENT_BYTES) response.destroy()
          else response.write(serverSentEvent('results', frame))
        })
        stream.keepAlive(() => response.write(': still here\n\n'))
        stream.onEnd(leave)
      }),
    )
  }
