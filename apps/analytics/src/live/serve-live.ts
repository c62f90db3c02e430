import type { FastifyInstance } from 'fastify'
import { Problem, sendProblem } from '#libs/http'
import type { LiveResults } from './live-results.ts'

const MOST_LISTENERS = 256
/** Who reads so slowly is better off beginning anew. */
const MOST_UNSENT_BYTES = 1024 * 1024
const KEEP_ALIVE_MS = 20_000

/** A Fastify plugin: `GET /analytics/live`, the results of the last minutes and every change, as server-sent events. */
export const serveLive =
  (live: LiveResults) =>
  async (fastify: FastifyInstance): Promise<void> => {
    const open = new Set<() => void>()
    fastify.addHook('preClose', async () => {
      for (const close of open) close()
      live.stop()
    })
    fastify.get('/analytics/live', async (_request, reply) => {
      if (open.size >= MOST_LISTENERS)
        return sendProblem(reply, new Problem(503, { type: 'overloaded', detail: `${MOST_LISTENERS} look already` }))
      const { raw } = reply
      reply.hijack()
      raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      const leave = live.listen((frame) => {
        if (raw.writableLength > MOST_UNSENT_BYTES) raw.destroy()
        else raw.write(`event: results\ndata: ${JSON.stringify(frame)}\n\n`)
      })
      const keepAlive = setInterval(() => raw.write(': still here\n\n'), KEEP_ALIVE_MS).unref()
      const close = () => raw.end()
      open.add(close)
      raw.once('close', () => {
        clearInterval(keepAlive)
        open.delete(close)
        leave()
      })
    })
  }
