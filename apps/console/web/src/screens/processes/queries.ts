import { queryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { OracleAnswer, Processes } from '../../server/types.ts'

export const processesQuery = queryOptions({
  queryKey: ['/api/processes'],
  queryFn: ({ signal }) => ask<Processes>('/api/processes', signal),
  refetchInterval: LOOK_AGAIN_MS,
})

export const oracleQuery = queryOptions({
  queryKey: ['/api/oracle'],
  queryFn: ({ signal }) => ask<OracleAnswer>('/api/oracle', signal),
  refetchInterval: LOOK_AGAIN_MS,
})
