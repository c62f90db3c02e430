import { queryOptions } from '@tanstack/react-query'
import { ask } from '../server/request.ts'
import type { Page, Product } from '../server/types.ts'

/** Products and prices hardly ever change. */
export const catalogueQuery = queryOptions({
  queryKey: ['catalogue'],
  queryFn: ({ signal }) => ask<Page<Product>>('/api/catalogue', signal),
  staleTime: 60_000,
})
