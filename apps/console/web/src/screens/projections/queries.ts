import { queryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Page, Projection } from '../../server/types.ts'

export const projectionsQuery = queryOptions({
  queryKey: ['/api/projections'],
  queryFn: ({ signal }) => ask<Page<Projection>>('/api/projections', signal),
  refetchInterval: LOOK_AGAIN_MS,
})
