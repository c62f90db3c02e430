import { queryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Page, ProductSales, Projection, SagaBoard } from '../../server/types.ts'

export const projectionsQuery = queryOptions({
  queryKey: ['/api/projections'],
  queryFn: ({ signal }) => ask<Page<Projection>>('/api/projections', signal),
  refetchInterval: LOOK_AGAIN_MS,
})

export const productSalesQuery = queryOptions({
  queryKey: ['/api/sales/products'],
  queryFn: ({ signal }) => ask<ProductSales>('/api/sales/products?limit=100', signal),
  refetchInterval: LOOK_AGAIN_MS,
})

/** Of those whose goods are on their way back. */
export const returningQuery = queryOptions({
  queryKey: ['/api/saga-board', 'returning'],
  queryFn: ({ signal }) => ask<SagaBoard>('/api/saga-board?stage=returning', signal),
  refetchInterval: LOOK_AGAIN_MS,
})
