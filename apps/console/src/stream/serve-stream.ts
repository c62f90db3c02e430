import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { orderId, topicNames } from '#libs/contracts'
import { Problem, parse, sendProblem, toProblem } from '#libs/http'
import type { TopicReader } from '#libs/messaging'
import { missedRecords } from './missed.ts'
import { decodePosition, type StreamPosition } from './position.ts'
import { Subscription } from './subscription.ts'
import { TopicFeed } from './topic-feed.ts'

const MOST_STREAMS = 512
/** Proxies hang up on what is silent for a minute. */
const KEEP_ALIVE_MS = 20_000
/** How soon a browser comes back. Milliseconds. */
const RETRY_MS = 1_000

const query = z.strictObject({
  topics: z
    .string()
    .regex(/^[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+){0,31}$/, 'names of topics, separated by commas')
    .transform((names) => [...new Set(names.split(','))])
    .default([...topicNames]),
  /** The messages of this order only. */
  orderId: orderId.optional(),
  /** What `Last-Event-ID` says, for who cannot send it. */
  after: z.string().max(8_192).optional(),
})

/** A Fastify plugin: `GET /api/stream`, what is published on topics as it happens, as server-sent events. */
export const serveStream =
  (reader: TopicReader) =>
  async (fastify: FastifyInstance): Promise<void> => {
    const feed = new TopicFeed(reader)
    const open = new Map<Subscription, () => void>()
    const keepAlive = setInterval(() => {
      for (const subscription of open.keys()) subscription.keepAlive(feed.position(subscription.topics))
    }, KEEP_ALIVE_MS).unref()
    fastify.addHook('preClose', async () => {
      clearInterval(keepAlive)
      for (const close of open.values()) close()
      await feed.stop()
    })

    fastify.get('/api/stream', { config: { isStream: true } as object }, async (request, reply) => {
      try {
        if (open.size >= MOST_STREAMS)
          throw new Problem(503, { type: 'overloaded', detail: `${MOST_STREAMS} pages look already; come again later` })
        const { topics, orderId, after } = parse(query, request.query)
        const from = decodePosition(lastEventId(request) ?? after)
        const { raw } = reply
        const subscription = new Subscription(topics, raw, orderId)
        await feed.listen(subscription).catch((error: Error) => {
          throw new Problem(503, {
            type: 'unavailable',
            detail: `the topics cannot be read right now: ${error.message}`,
          })
        })
        reply.hijack()
        raw.writeHead(200, {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        })
        raw.write(`retry: ${RETRY_MS}\n\n`)
        open.set(subscription, () => raw.end())
        raw.once('close', () => {
          open.delete(subscription)
          feed.leave(subscription)
        })
        await begin(reader, subscription, from, feed.position(topics))
      } catch (error) {
        if (!reply.sent) return sendProblem(reply, toProblem(error))
      }
    })
  }

/** From now on, or from where the page was. */
const begin = async (
  reader: TopicReader,
  subscription: Subscription,
  from: StreamPosition | undefined,
  position: StreamPosition,
): Promise<void> => {
  if (from === undefined) return subscription.begin(position)
  subscription.hold(position)
  subscription.release(await missedRecords(reader, from, position).catch(() => undefined))
}

const lastEventId = ({ headers }: FastifyRequest): string | undefined => {
  const given = headers['last-event-id']
  return typeof given === 'string' ? given : undefined
}
