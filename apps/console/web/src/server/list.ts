import { infiniteQueryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from './query-client.ts'
import { ask, query } from './request.ts'
import type { CursorPage } from './types.ts'

/** Rows, as many as every list gives at once. */
const PAGE_SIZE = 200
/** What one page keeps of a list, 10,000 rows; who wants to see further narrows it. */
const MOST_PAGES = 50

type Filter = Readonly<Record<string, string | undefined>>

/** A list of the gateway's that is read page by page, and looked at again while somebody sees it. */
export const listQuery = <Row>(path: string, filter: Filter) =>
  infiniteQueryOptions({
    queryKey: [path, filter],
    queryFn: ({ pageParam, signal }) =>
      ask<CursorPage<Row>>(`${path}${query({ ...filter, limit: PAGE_SIZE, cursor: pageParam })}`, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }, pages) => (pages.length < MOST_PAGES ? (nextCursor ?? undefined) : undefined),
    // A list of many pages is not read again as a whole.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : LOOK_AGAIN_MS),
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= 1,
    refetchOnReconnect: ({ state }) => (state.data?.pages.length ?? 0) <= 1,
  })
