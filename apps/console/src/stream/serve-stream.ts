import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { orderId, topicNames } from '#libs/contracts'
import { EventStreams, Problem, parse } from '#libs/http'
import type { TopicReader } from '#libs/messaging'
import { missedRecords } from './missed.ts'
import { decodePosition, type StreamPosition } from './position.ts'
import { Subscription } from './subscription.ts'
import { TopicFeed } from './topic-feed.ts'

const MOST_STREAMS = 512
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
    const streams = new EventStreams(fastify, MOST_STREAMS)
    fastify.addHook('preClose', () => feed.stop())

    fastify.get(
      '/api/stream',
      { config: { isStream: true } as object },
      streams.serve(async (request, stream) => {
        const { topics, orderId, after } = parse(query, request.query)
        const from = decodePosition(lastEventId(request) ?? after)
        const subscription = new Subscription(topics, stream.response, orderId)
        await feed.listen(subscription).catch((error: Error) => {
          throw new Problem(503, {
            type: 'unavailable',
            detail: `the topics cannot be read right now: ${error.message}`,
          })
        })
        stream.onEnd(() => feed.leave(subscription))
        stream.begin()
        stream.response.write(`retry: ${RETRY_MS}\n\n`)
        stream.keepAlive(() => subscription.keepAlive(feed.position(topics)))
        await begin(reader, subscription, from, feed.position(topics))
      }),
    )
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
