import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { ServerProblem } from '../../server/problem.ts'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask, query } from '../../server/request.ts'
import type { OrderMessages, TopicDetails, TopicMessages, Topics } from '../../server/types.ts'
import type { MessageFilter } from './view.ts'

const PAGE_SIZE = 50
/** What one screen keeps; who wants to see further begins elsewhere. */
const MOST_PAGES = 40

export const topicsQuery = queryOptions({
  queryKey: ['/api/topics'],
  queryFn: ({ signal }) => ask<Topics>('/api/topics', signal),
  refetchInterval: LOOK_AGAIN_MS,
})

export const topicQuery = (topic: string) =>
  queryOptions({
    queryKey: ['/api/topics', topic],
    queryFn: ({ signal }) => ask<TopicDetails>(`/api/topics/${encodeURIComponent(topic)}`, signal),
  })

/** One stretch of a topic; with a cursor from there on, whatever the filter says about the beginning. */
export const askMessages = (
  topic: string,
  { from, at, ...filter }: MessageFilter,
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<TopicMessages> => {
  const start = cursor === undefined ? { from, at } : { cursor }
  const asked = query({ ...filter, ...start, limit: PAGE_SIZE })
  return ask<TopicMessages>(`/api/topics/${encodeURIComponent(topic)}/messages${asked}`, signal)
}

/** Stretch by stretch, as somebody wants to look further. */
export const messagesQuery = (topic: string, filter: MessageFilter) =>
  infiniteQueryOptions({
    queryKey: ['/api/topics', topic, 'messages', filter],
    queryFn: ({ pageParam, signal }) => askMessages(topic, filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor, complete }, pages) =>
      complete || pages.length >= MOST_PAGES ? undefined : (nextCursor ?? undefined),
    // What lies in a topic does not change; what is new comes in live, or by looking again.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })

/** The one at this place; undefined when nothing is there any more. */
export const recordQuery = (topic: string, record: string) =>
  queryOptions({
    queryKey: ['/api/topics', topic, 'record', record],
    queryFn: async ({ signal }) => {
      const [partition, offset] = record.split('/') as [string, string]
      const { items } = await askMessages(topic, { partition, from: offset }, undefined, signal)
      return items.find((item) => item.offset === Number(offset)) ?? null
    },
    staleTime: Number.POSITIVE_INFINITY,
  })

/** All messages of the order that it belongs to; null when it belongs to none. */
export const relatedQuery = (correlationId: string) =>
  queryOptions({
    queryKey: ['order', correlationId, 'messages'],
    queryFn: ({ signal }) =>
      ask<OrderMessages>(`/api/orders/${encodeURIComponent(correlationId)}/messages`, signal).catch(
        (error: unknown) => {
          if (error instanceof ServerProblem && error.status === 404) return null
          throw error
        },
      ),
  })
