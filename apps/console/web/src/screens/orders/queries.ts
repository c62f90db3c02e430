import { infiniteQueryOptions } from '@tanstack/react-query'
import { ask, query } from '../../server/request.ts'
import type { CursorPage, OrderSummary } from '../../server/types.ts'
import type { OrderFilter } from './filter.ts'

const PAGE_SIZE = 100
/** What one page keeps of a list; who wants to see further narrows it. */
const MOST_PAGES = 20

export const ordersQuery = ({ customer, status }: OrderFilter) =>
  infiniteQueryOptions({
    queryKey: ['orders', { customer, status }],
    queryFn: ({ pageParam, signal }) =>
      ask<CursorPage<OrderSummary>>(
        `/api/orders${query({ customerId: customer, status, limit: PAGE_SIZE, cursor: pageParam })}`,
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }, pages) => (pages.length < MOST_PAGES ? (nextCursor ?? undefined) : undefined),
  })
